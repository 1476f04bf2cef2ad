import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RoomId } from '../../../shared/base/ids.ts';
import { decodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import type { HandedRow } from '../../../shared/protocol/messages.ts';
import type { Rig, TestDevice } from '../relay-rig.ts';
import { handBack, heldBy, startFamily, type Family } from './restored.ts';

/* What was hidden stays hidden from Kim when the relay is restored from a copy of before. */

let family: Family;
let ada: TestDevice;
let directory: RoomId;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 5);
  family = await startFamily({ clock: { now: () => ++now } });
  await family.first.people('ada', 'kim', 'gus');
  directory = family.first.room('directory', 'main');
  ada = await family.first.device('ada');
});
afterEach(() => family.end());

async function tell(type: string, data: unknown): Promise<void> {
  expect([type, await ada.command(directory, type, data)]).toMatchObject([type, { ok: true }]);
}
const make = () => tell('department.create', { department: 'lab', name: 'Lab', parent: null, order: 1 });
const show = (shownTo: unknown) => tell('department.show', { department: 'lab', shownTo });
const hide = () => show({ departments: [], members: [] });
const place = () => tell('member.place', { members: ['gus'], join: ['lab'] });

/** Restored, with the journal's rows taken back first, as the restore does. */
async function restored(copy: string, rows: readonly HandedRow[]): Promise<Rig> {
  const { epoch } = family.store;
  const revoking = rows.filter(({ bytes }) =>
    decodeLogRun(bytes).some(({ type }) => type === 'department.show'),
  );
  const known = revoking.flatMap(({ bytes }) => decodeLogRun(bytes).map((entry) => ({ entry, epoch })));
  const { rig } = await family.restore(copy, { revoked: (room) => (room === directory ? known : []) });
  expect(await rig.relay.takeBack(revoking)).toEqual(revoking.map(() => 'taken'));
  return rig;
}

/** Everything that Kim's device is told from the welcome on, while the rows come back one by one. */
async function toldToKim(rig: Rig, rows: readonly HandedRow[]): Promise<string> {
  const kim = await rig.device('kim');
  const bringing = await rig.device('ada');
  await kim.pull({ room: directory });
  for (const row of rows) {
    expect(['taken', 'known']).toContain((await handBack(bringing, [row]))[0]);
    await kim.pull({ room: directory });
  }
  return JSON.stringify(kim.said, (_key, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}

it('one that was made and hidden after the backup', async () => {
  const copy = family.copy();
  await make();
  await hide();
  await place();
  const rows = heldBy(ada);
  const rig = await restored(copy, rows);
  expect(await toldToKim(rig, rows)).not.toContain('Lab');
  expect(rig.relay.directory()).toMatchObject({
    departments: { lab: { shownTo: { members: [] } } },
    members: { gus: { departments: ['lab'] } },
  });
});

it('one that was shown and hidden again after the backup', async () => {
  await make();
  await hide();
  await place();
  const before = heldBy(ada).length;
  const copy = family.copy();
  await show(null);
  await hide();
  const rows = heldBy(ada).slice(before);
  const rig = await restored(copy, rows.slice(1));
  expect(await toldToKim(rig, rows)).not.toContain('Lab');
  expect(rig.relay.directory().departments).toMatchObject({ lab: { shownTo: { members: [] } } });
});
