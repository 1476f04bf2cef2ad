import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { LogContent } from '../../shared/protocol/messages.ts';
import type { LeaderState } from '../../client/data/sync/notes.ts';
import type { WorldDevice } from '../support/world-device.ts';
import { makeWorld, type World } from '../support/world.ts';

const conversations = 40;
/** Each has so many entries; the oldest conversations were never read. */
const length = 30;
const unread = 3;

let world: World;
let bo: MemberId;
let rooms: RoomId[];

beforeEach(async () => {
  world = await makeWorld(21);
  const ann = await world.member('ann');
  bo = await world.member('bo');
  rooms = Array.from({ length: conversations }, (_, i) => world.room('chat', `c${i}`));
  for (const room of rooms) {
    world.clock.leap(1_000);
    await world.commands(ann, [
      [room, 'chat.create', { type: 'group', title: 'Team', members: [bo] }],
      ...Array.from({ length: length - 1 }, (_, n) => [room, 'chat.send', { text: `m${n}` }] as const),
    ]);
  }
  await world.commands(
    bo,
    rooms
      .slice(unread)
      .map((room) => [`${room}:reads` as RoomId, 'chat.read', { upTo: length - 1 }] as const),
  );
});
afterEach(() => world.end());

interface Round {
  readonly contents: readonly LogContent[];
  readonly filling: LeaderState['filling'];
}

/** What it stores of older entries from now on, transaction by transaction; `before` runs before each. */
function roundsOf(device: WorldDevice, before: (round: number) => void = () => undefined): Round[] {
  const rounds: Round[] = [];
  const store = device.storage.rooms as { storeHistory: typeof device.storage.rooms.storeHistory };
  const { storeHistory } = store;
  store.storeHistory = async (contents) => {
    before(rounds.length);
    rounds.push({ contents, filling: device.state?.filling ?? null });
    await storeHistory(contents);
  };
  return rounds;
}

const roomsIn = ({ contents }: Round): RoomId[] => contents.map(({ room }) => room);

async function heldEntries(device: WorldDevice): Promise<number> {
  const all = await Promise.all(rooms.map((room) => device.storage.rooms.entries(room, 0, length)));
  return all.reduce((sum, entries) => sum + entries.length, 0);
}

test('a new device has the list first, then what is newest everywhere, unread ones before all', async () => {
  const device = world.device(bo);
  const rounds = roundsOf(device, (round) => {
    if (round === 0) expect(device.state).toMatchObject({ fetching: null, filling: { first: true } });
  });
  await world.settle();
  const firsts = rounds.filter(({ contents }) =>
    contents.some((each) => each.from + each.entries.length === length),
  );
  expect(firsts).toEqual(rounds.slice(0, firsts.length));
  const inOrder = firsts.flatMap(roomsIn);
  const newestFirst = rooms.toReversed();
  expect(inOrder).toEqual([...newestFirst.slice(-unread), ...newestFirst.slice(0, -unread)]);
  // Then what may be unread, then what was said last.
  expect(rounds.slice(firsts.length).flatMap(roomsIn)).toEqual(inOrder);
  expect(device.state?.filling).toEqual({
    done: conversations * length,
    total: conversations * length,
    first: false,
  });
  for (const record of await device.storage.rooms.some(rooms)) expect(record).toMatchObject({ from: 0 });
  expect(await heldEntries(device)).toBe(conversations * length);
  const [oldest] = await device.storage.rooms.some(rooms);
  expect(oldest!.unread).toHaveLength(length - 1);
});

test('a device that was closed while it fetched goes on where it stopped', async () => {
  const device = world.device(bo);
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const before = roundsOf(device, (round) => round === 1 && stop());
  for (let isStopped = false; !isStopped;) {
    await world.step(5);
    void stopped.then(() => (isStopped = true));
    await Promise.resolve();
  }
  await device.restart(true);
  const after = roundsOf(device);
  const held = await heldEntries(device);
  expect(before.length).toBeGreaterThan(0);
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThan(conversations * length);
  await world.settle();
  const fetched = after
    .flatMap(({ contents }) => contents)
    .reduce((sum, each) => sum + each.entries.length, 0);
  expect(fetched).toBe(conversations * length - held);
  expect(await heldEntries(device)).toBe(conversations * length);
});
