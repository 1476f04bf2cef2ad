import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../../shared/base/ids.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type { HandedRow } from '../../../shared/protocol/messages.ts';
import type { Rig, TestDevice } from '../relay-rig.ts';
import { handBack, heldBy, startFamily, type Family } from './restored.ts';

let family: Family;
let group: RoomId;
let ada: TestDevice;
let pia: TestDevice;
let copy: string;
let now: number;

/** A secret, then Pia is let in and does not read what was before, then a word to her. All of it is lost. */
beforeEach(async () => {
  now = Date.UTC(2026, 0, 5);
  family = await startFamily({ clock: { now: () => now++ } });
  const { first } = family;
  await first.people('ada', 'ben', 'pia');
  group = first.room('chat', 'group');
  [ada, pia] = [await first.device('ada'), await first.device('pia')];
  await ada.command(group, 'chat.create', { type: 'group', title: 'All', members: ['ben'] });
  await ada.command(group, 'chat.set', { newcomersRead: 'fromThen' });
  copy = family.copy();
  await ada.command(group, 'chat.send', { text: 'a secret' });
  await ada.command(group, 'chat.addMembers', { members: ['pia'] });
  await ada.command(group, 'chat.send', { text: 'welcome' });
  await pia.row(group, ({ bytes }) => textIn(bytes).includes('welcome'));
});
afterEach(() => family.end());

const textIn = (bytes: Uint8Array): string => JSON.stringify(decodeLogRun(bytes));
const lostRows = (of: TestDevice): HandedRow[] =>
  heldBy(of).filter((row) => row.room === group && row.seq >= 2);
async function readBy(rig: Rig, name: string): Promise<string> {
  const device = await rig.device(`${name}.reading`);
  const { rooms } = await device.pull({ room: group });
  const history = await device.history(group, 1_000, 1_000);
  return JSON.stringify([rooms, history], (_key, value: unknown) =>
    value instanceof Uint8Array ? null : value,
  );
}

describe('a restored relay and what somebody was not given', () => {
  it('[R-2] takes it back behind their coming and keeps it from them', async () => {
    const { rig } = await family.restore(copy);
    const watching = await rig.device('pia');
    // Pia is the first to bring what she holds: her own coming, and what came after it.
    const hers = lostRows(pia);
    expect(textIn(hers[0]!.bytes)).toContain('chat.addMembers');
    await handBack(watching, hers);
    await handBack(watching, hers);
    const others = await rig.device('ada');
    const results = await handBack(others, lostRows(ada));
    expect(results).toContain('taken');
    expect(await readBy(rig, 'ada')).toContain('a secret');
    expect(await readBy(rig, 'pia')).not.toContain('secret');
    await watching.settle();
    expect(watching.rows().some(({ bytes }) => textIn(bytes).includes('secret'))).toBe(false);
    // She reads on from there.
    await others.command(group, 'chat.send', { text: 'are you there?' });
    await watching.row(group, ({ bytes }) => textIn(bytes).includes('are you there'));
    expect(await readBy(rig, 'pia')).toContain('are you there');
  });

  it('[R-2] in the order it was said, and then nothing has to be kept from them anew', async () => {
    const { rig } = await family.restore(copy);
    expect(await handBack(await rig.device('ada'), lostRows(ada))).toEqual(['taken', 'taken', 'taken']);
    const read = await readBy(rig, 'pia');
    expect(read).toContain('welcome');
    expect(read).not.toContain('secret');
    expect(rig.relay.entries(null, group, 0, 100).map(({ type }) => type)).not.toContain('chat.readFrom');
  });

  it('[R-2] nor when they were let in only after the restore', async () => {
    const { rig } = await family.restore(copy);
    const others = await rig.device('ada');
    await others.command(group, 'chat.addMembers', { members: ['pia'] });
    await handBack(await rig.device('ada.again'), lostRows(ada));
    expect(await readBy(rig, 'ada')).toContain('a secret');
    expect(await readBy(rig, 'pia')).not.toContain('secret');
  });
});
