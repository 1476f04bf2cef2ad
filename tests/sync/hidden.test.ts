import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { directoryKind } from '../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../shared/features/directory/schema.ts';
import { makeWorld, type World } from '../support/world.ts';
import type { WorldDevice } from '../support/world-device.ts';

/* What a device has of a directory with hidden departments, and what goes from it. */

let world: World;
let directory: RoomId;
let [ann, bo, cy]: MemberId[] = [];
let annes: WorldDevice;
let bos: WorldDevice;

beforeEach(async () => {
  world = await makeWorld(1);
  [ann, bo, cy] = [await world.member('ann'), await world.member('bo'), await world.member('cy')];
  directory = world.room('directory', 'main');
  [annes, bos] = [world.device(ann), world.device(bo)];
  await world.settle();
  await annes.send(directory, 'department.create', {
    department: 'lab',
    name: 'Lab',
    parent: null,
    order: 1,
  });
  await annes.send(directory, 'member.place', { members: [cy], join: ['lab'] });
  await annes.send(directory, 'member.edit', { member: cy, phone: '555-0100' });
  await world.settle();
});
afterEach(() => world.end());

const show = (shownTo: unknown) => annes.send(directory, 'department.show', { department: 'lab', shownTo });
const hide = () => show({ departments: [], members: [] });
const stateOn = async (device: WorldDevice): Promise<DirectoryState> =>
  (await device.storage.rooms.some([directory]))[0]!.state as DirectoryState;
const entriesOn = (device: WorldDevice) => device.storage.rooms.entries(directory, 0, 1_000);
const visible = (member: MemberId): DirectoryState => {
  const state = world.relay.directory();
  return directoryKind.partly!.shown(state, directoryKind.partly!.keyOf(state, member));
};

async function hasItsPart(device: WorldDevice, member: MemberId): Promise<void> {
  expect(await stateOn(device)).toEqual(visible(member));
  expect(await entriesOn(device)).toEqual([]);
  expect(await device.storage.journal.owed()).toEqual([]);
  expect(await device.storage.rooms.mend()).toBe(0);
}

test('a device that is connected lets go of what is hidden, follows the rest, and has it again', async () => {
  expect((await stateOn(bos)).members[cy!]?.phone).toBe('555-0100');
  expect(await entriesOn(bos)).not.toEqual([]);
  await hide();
  await world.settle();
  await hasItsPart(bos, bo!);
  expect((await stateOn(bos)).members[cy!]).toBeUndefined();
  await annes.send(directory, 'member.edit', { member: bo, post: 'Clerk' });
  await annes.send(directory, 'member.edit', { member: cy, post: 'Head' });
  await bos.send(directory, 'member.profile', { about: 'here' });
  await world.settle();
  await hasItsPart(bos, bo!);
  expect((await stateOn(bos)).members[bo!]).toMatchObject({ post: 'Clerk', about: 'here' });
  expect(await bos.storage.outbox.all()).toEqual([]);
  await show(null);
  await world.settle();
  expect((await stateOn(bos)).members[cy!]).toMatchObject({ post: 'Head' });
});

test('one that was away lets go of it when it comes back, and what it wrote is taken', async () => {
  bos.goOffline();
  await bos.send(directory, 'member.profile', { about: 'away' });
  await hide();
  await world.settle();
  bos.goOnline();
  await world.settle();
  await hasItsPart(bos, bo!);
  expect((await stateOn(bos)).members[bo!]?.about).toBe('away');
  expect(await bos.storage.outbox.all()).toEqual([]);
  bos.goOffline();
  await annes.send(directory, 'member.edit', { member: bo, post: 'Clerk' });
  await world.settle();
  bos.goOnline();
  await world.settle();
  await hasItsPart(bos, bo!);
});

test('a new device has its part, and all of it with entries once its person is an administrator', async () => {
  await hide();
  await world.settle();
  const other = world.device(bo!, 'other');
  await world.settle();
  await hasItsPart(other, bo!);
  other.goOffline();
  await annes.send(directory, 'member.role', { member: bo, role: 'admin' });
  await annes.send(directory, 'member.edit', { member: cy, post: 'Head' });
  await world.settle();
  other.goOnline();
  await world.settle();
  for (const device of [bos, other]) expect(await stateOn(device)).toEqual(world.relay.directory());
  expect((await entriesOn(other)).length).toBe(world.store.room(directory)!.rows);
  await bos.send(directory, 'department.change', { department: 'lab', name: 'Lab 2' });
  await world.settle();
  expect((await entriesOn(bos)).map(({ type }) => type)).toContain('department.change');
  await annes.send(directory, 'member.role', { member: bo, role: 'member' });
  await world.settle();
  for (const device of [bos, other]) await hasItsPart(device, bo!);
});

test('older entries that were on their way when it was hidden are not kept', async () => {
  const entries = await entriesOn(bos);
  expect(entries).not.toEqual([]);
  const receipts = entries.map(() => new Uint8Array(16));
  const older = { room: directory, kind: 'log', cursor: 1, from: 0, head: entries.length } as const;
  await hide();
  await world.settle();
  await bos.storage.rooms.storeHistory([{ ...older, base: null, entries, receipts }]);
  await hasItsPart(bos, bo!);
});
