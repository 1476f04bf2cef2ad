import * as Y from 'yjs';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let ada: TestDevice;
let ben: TestDevice;
let pad: RoomId;
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
  [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
  pad = rig.room('scratch', 'pad');
});
afterEach(() => rig.stop());

const carets: Awareness[] = [];
afterEach(() => carets.splice(0).forEach((each) => each.destroy()));

function caret(client: number): Awareness {
  const doc = new Y.Doc();
  doc.clientID = client;
  const awareness = new Awareness(doc);
  carets.push(awareness);
  return awareness;
}
const tell = (from: TestDevice, room: RoomId, awareness: Awareness): void => {
  const bytes = encodeAwarenessUpdate(awareness, [awareness.clientID]);
  from.send({ type: 'awareness', room, bytes });
};
/** What a device that watches has been told, put together. */
const seenBy = (device: TestDevice, room: RoomId): Map<number, Record<string, unknown>> => {
  const mine = caret(1);
  mine.setLocalState(null);
  for (const message of device.said)
    if (message.type === 'awareness' && message.room === room)
      applyAwarenessUpdate(mine, message.bytes, 'relay');
  return mine.getStates() as Map<number, Record<string, unknown>>;
};

describe('awareness', () => {
  it('[A-1] reaches those who watch, at once and when they come later', async () => {
    const [client] = await ada.lease();
    const mine = caret(client!);
    mine.setLocalState({ cursor: 1 });
    ada.send({ type: 'watch', room: pad });
    ben.send({ type: 'watch', room: pad });
    tell(ada, pad, mine);
    await ben.until('awareness');
    expect(seenBy(ben, pad).get(client!)).toEqual({ cursor: 1, user: { id: 'ada', name: 'ada' } });
    const eve = await rig.device('eve');
    eve.send({ type: 'watch', room: pad });
    await eve.until('awareness');
    expect(seenBy(eve, pad).get(client!)).toMatchObject({ cursor: 1 });
  });

  it('[A-2] under an id of somebody else is left out without a word', async () => {
    const [client] = await ada.lease();
    ada.send({ type: 'watch', room: pad });
    ben.send({ type: 'watch', room: pad });
    for (const id of [client!, 99]) {
      const forged = caret(id);
      forged.setLocalState({ cursor: 1 });
      tell(ben, pad, forged);
    }
    await ben.settle();
    await ada.settle();
    expect(ada.said.some(({ type }) => type === 'awareness')).toBe(false);
  });

  it('[A-4] goes with its socket', async () => {
    const [client] = await ada.lease();
    const mine = caret(client!);
    mine.setLocalState({ cursor: 1 });
    ada.send({ type: 'watch', room: pad });
    ben.send({ type: 'watch', room: pad });
    tell(ada, pad, mine);
    await ben.until('awareness');
    ada.socket.terminate();
    await ben.until('awareness', () => !seenBy(ben, pad).has(client!));
    expect(seenBy(ben, pad).has(client!)).toBe(false);
  });

  it('[A-1] of a room that may not be read is watched in vain', async () => {
    const chat = rig.room('chat', 'team');
    await ada.command(chat, 'chat.create', { type: 'group', title: '', members: ['ben'] });
    const eve = await rig.device('eve');
    eve.send({ type: 'watch', room: chat });
    ada.send({ type: 'watch', room: chat });
    const mine = caret((await ada.lease())[0]!);
    mine.setLocalState({ typing: true });
    tell(ada, chat, mine);
    await ada.until('awareness');
    await eve.settle();
    expect(eve.said.some(({ type }) => type === 'awareness')).toBe(false);
  });

  it('[F-2] that is none ends the connection', async () => {
    ada.send({ type: 'watch', room: pad });
    ada.send({ type: 'awareness', room: pad, bytes: Uint8Array.of(200, 1, 2) });
    expect(await ada.ended).toBe(4400);
  });
});
