import 'fake-indexeddb/auto';
import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { DeviceStorage } from '../../../client/data/storage/contract.ts';
import { openStorage } from '../../../client/data/storage/idb/open.ts';
import type { Timers } from '../../../client/data/sync/contract.ts';
import { mendHoles } from '../../../client/data/sync/holes.ts';

const me = 'ann' as MemberId;
const [long, short, empty] = ['w/chat/long', 'w/chat/short', 'w/chat/empty'] as RoomId[];
const name = 'holes-test';
const never = (): boolean => false;

let storage: DeviceStorage;
let rests = 0;
/** Nobody waits in here, but everything else has its turn. */
const timers: Timers = {
  now: Date.now,
  after(_milliseconds, run) {
    rests += 1;
    const timer = setTimeout(run);
    return () => clearTimeout(timer);
  },
};

const entry = (seq: number): LogEntry => ({
  seq,
  id: `e${seq}` as CommandId,
  type: 'chat.send',
  by: me,
  at: 1 + seq,
  data: { text: String(seq) },
});

async function store(room: RoomId, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, seq) => entry(seq));
  const receipts = entries.map(() => new Uint8Array(16));
  const place = { from: 0, head: count, cursor: count + 1, base: null };
  await storage.rooms.storeContents([{ kind: 'log', room, ...place, entries, receipts }]);
}

async function lose(room: RoomId, seq: number): Promise<void> {
  const db = await openDB(name);
  await db.delete('entries', [room, seq]);
  db.close();
}

const stale = async (): Promise<RoomId[]> =>
  (await storage.rooms.all()).filter((record) => record.stale).map(({ room }) => room);

beforeEach(async () => {
  rests = 0;
  storage = openStorage({ workspace: 'w' as WorkspaceId, member: me, name });
  await store(long!, 9_000);
  await store(short!, 30);
  await store(empty!, 0);
});
afterEach(async () => {
  storage.close();
  await deleteDB(name);
});

test('logs that hold what they say are left alone, and nobody waits while that is looked at', async () => {
  expect(await mendHoles(storage, timers, never)).toBe(0);
  expect(await stale()).toEqual([]);
  // A long one is not counted in one piece.
  expect(rests).toBeGreaterThanOrEqual(4);
});

test.each([0, 3_999, 4_000, 8_999])(
  'a log that lacks entry %i is fetched anew, and no other',
  async (seq) => {
    await lose(long!, seq);
    expect(await mendHoles(storage, timers, never)).toBe(1);
    expect(await stale()).toEqual([long]);
  },
);

test('several at once, and nothing when this tab has to go', async () => {
  await lose(long!, 17);
  await lose(short!, 29);
  expect(await mendHoles(storage, timers, () => true)).toBe(0);
  expect(await stale()).toEqual([]);
  expect(await mendHoles(storage, timers, never)).toBe(2);
  expect((await stale()).toSorted()).toEqual([long, short]);
});
