import 'fake-indexeddb/auto';
import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { LogContent } from '../../../shared/protocol/messages.ts';
import type { CustomerLine } from '../../../client/data/api.ts';
import { linesOf } from '../../../client/data/projection/customer-lines.ts';
import type { DeviceStorage, RoomRecord } from '../../../client/data/storage/contract.ts';
import { openStorage } from '../../../client/data/storage/idb/open.ts';
import { seededRandom } from '../../shared/random.ts';

const me = 'ann' as MemberId;
const name = 'overview-test';
const rooms = 400;
const roomOf = (i: number): RoomId => `w/chat/c${i}` as RoomId;
const text = 'w/scratch/s' as RoomId;

let storage: DeviceStorage;
beforeEach(() => {
  storage = openStorage({ workspace: 'w' as WorkspaceId, member: me, name });
});
afterEach(async () => {
  storage.close();
  await deleteDB(name);
});

function content(i: number, from: number, count: number, say = 'said'): LogContent {
  const entries = Array.from({ length: count }, (_, n): LogEntry => ({
    seq: from + n,
    id: `${i}-${from + n}` as CommandId,
    by: me,
    at: 1 + from + n,
    ...(from + n === 0
      ? { type: 'chat.create', data: { type: 'group', title: `${i}`, members: [me] } }
      : { type: 'chat.send', data: { text: `${say} ${i} ${from + n}` } }),
  }));
  const receipts = entries.map(() => new Uint8Array(16));
  const head = from + count;
  return {
    kind: 'log',
    room: roomOf(i),
    cursor: 10_000 * i + head,
    from,
    head,
    base: null,
    entries,
    receipts,
  };
}

const storeAll = (): Promise<unknown> =>
  storage.rooms.storeContents(Array.from({ length: rooms }, (_, i) => content(i, 0, 2)));

async function onDisk<T>(look: (db: Awaited<ReturnType<typeof openDB>>) => Promise<T>): Promise<T> {
  const db = await openDB(name);
  try {
    return await look(db);
  } finally {
    db.close();
  }
}

const byRoom = (records: readonly RoomRecord[]): RoomRecord[] =>
  records.toSorted((a, b) => (a.room < b.room ? -1 : 1));

/** What pages are given is what stands in the records one by one. */
async function isTrue(): Promise<void> {
  const single = await onDisk((db) => db.getAll('rooms') as Promise<RoomRecord[]>);
  expect(byRoom(await storage.rooms.all())).toEqual(byRoom(single));
}

const hasPiece = (): Promise<boolean> =>
  onDisk(async (db) => (await db.getKey('overview', 'whole')) !== undefined);

test('whatever is written, removed and put together, in whatever order, all rooms are as they are', async () => {
  await storeAll();
  const seed = 731;
  const random = seededRandom(seed);
  const heads = new Map<number, number>(Array.from({ length: rooms }, (_, i) => [i, 2]));
  let pieces = 0;
  const say = async (i: number): Promise<void> => {
    const from = heads.get(i) ?? 0;
    heads.set(i, from + 1);
    await storage.rooms.storeContents([content(i, from, 1)]);
  };
  const steps: readonly (() => Promise<unknown>)[] = [
    () => say(random(rooms)),
    () => Promise.all(Array.from({ length: 40 }, () => say(random(rooms)))),
    () => storage.texts.append(text, Uint8Array.of(0, 0), me, random(1_000), 0),
    () => storage.rooms.pack(),
    // Somebody writes while it is put together.
    () => Promise.all([storage.rooms.pack(), say(random(rooms)), say(random(rooms))]),
    async () => {
      const gone = random(rooms);
      heads.delete(gone);
      await Promise.all([storage.rooms.pack(), storage.rooms.forget([roomOf(gone)], 1)]);
    },
  ];
  for (let step = 0; step < 60; step++) {
    const which = random(steps.length);
    await steps[which]!();
    if (await hasPiece()) pieces += 1;
    await expect(isTrue(), `seed ${seed}, step ${step}, ${which}`).resolves.toBeUndefined();
  }
  expect(pieces).toBeGreaterThan(10);
}, 60_000);

test('of a room that is lost, and after signing out, nothing is left in the piece', async () => {
  await storeAll();
  await storage.rooms.storeContents([content(rooms, 0, 2, 'secret')]);
  await storage.rooms.pack();
  const words = (): Promise<string> => onDisk(async (db) => JSON.stringify(await db.getAll('overview')));
  expect(await words()).toContain('secret');
  await storage.rooms.forget([roomOf(rooms)], 1);
  expect(await words()).not.toContain('secret');
  await storage.rooms.pack();
  expect(await words()).toContain('said 7 1');
  await storage.keepOnlyUnsent();
  expect(await words()).not.toContain('said');
});

test('what is taken back is gone from the piece with it', async () => {
  await storeAll();
  await storage.rooms.pack();
  const words = (): Promise<string> => onDisk(async (db) => JSON.stringify(await db.getAll('overview')));
  expect(await words()).toContain('said 7 1');
  const recall = content(7, 2, 1);
  const [entry] = recall.entries;
  const target = { seq: 1, id: '7-1' };
  await storage.rooms.storeContents([
    { ...recall, entries: [{ ...entry!, type: 'chat.recall', data: { target } }] },
  ]);
  expect(await words()).not.toContain('said 7 1');
});

test('the directory is not in the piece, so that what is hidden later is left nowhere', async () => {
  await storeAll();
  const directory = (name: string): LogContent => ({
    kind: 'log',
    room: 'w/directory/main' as RoomId,
    ...{ cursor: 9, from: 1, head: 1, entries: [], receipts: [] },
    base: { name, members: {}, partial: true },
  });
  await storage.rooms.storeContents([directory('with Secret Lab')]);
  await storage.rooms.pack();
  await isTrue();
  expect((await storage.rooms.all()).length).toBe(rooms + 1);
  await storage.rooms.storeContents([directory('without')]);
  await isTrue();
  const words = await onDisk(async (db) =>
    JSON.stringify([await db.getAll('overview'), await db.getAll('rooms')]),
  );
  expect(words).toContain('said 7 1');
  expect(words).not.toContain('Secret Lab');
});

test('what is asked for again and brings nothing changes nothing', async () => {
  await storeAll();
  await storage.rooms.pack();
  const again = Array.from({ length: rooms }, (_, i) => content(i, 2, 0));
  expect((await storage.rooms.storeContents(again)).changed).toEqual([]);
  expect(await hasPiece()).toBe(true);
  await isTrue();
});

const customers = 150;
const guest = (i: number): MemberId => `guest-k${i}` as MemberId;

function customer(i: number, said: readonly MemberId[]): LogContent[] {
  const log = (room: string, n: number, entries: readonly Omit<LogEntry, 'seq' | 'id'>[]): LogContent => ({
    ...{ kind: 'log', room: room as RoomId, cursor: 2_000_000 + 10_000 * i + 1_000 * n + entries.length },
    ...{ from: 0, head: entries.length, base: null, receipts: entries.map(() => new Uint8Array(16)) },
    entries: entries.map((entry, seq) => ({ ...entry, seq, id: `${n}-${i}-${seq}` as CommandId })),
  });
  const begin = {
    ...{ link: null, guest: guest(i), owner: me, name: `Customer ${i}`, tags: ['t'] },
    ...{ language: 'zh', consentAt: 1 },
  };
  return [
    log(`w/customer/k${i}`, 1, [{ type: 'customer.begin', by: guest(i), at: i, data: begin }]),
    log(`w/chat/customer-k${i}`, 2, [
      {
        ...{ type: 'chat.customer', by: guest(i), at: i },
        data: { guest: guest(i), members: [me], name: `Customer ${i}` },
      },
      ...said.map((by, n) => ({ type: 'chat.send', by, at: i + 1 + n, data: { text: `words ${n}` } })),
    ]),
  ];
}

/** What lists show of customers, whichever way it was read. */
function shownOf(records: readonly RoomRecord[], lines: readonly CustomerLine[]): CustomerLine[] {
  const all = [...lines, ...linesOf(records, me)];
  return all.sort((a, b) => (a.id < b.id ? -1 : 1));
}

test('at the start there is of every customer what their rooms say, changed or not', async () => {
  const store = (contents: LogContent[]): Promise<unknown> => storage.rooms.storeContents(contents);
  for (let i = 0; i < customers; i += 30)
    await store(Array.from({ length: 30 }, (_, n) => customer(i + n, [guest(i + n)])).flat());
  await storeAll();
  expect(await storage.rooms.start()).toBeNull();
  await storage.rooms.pack();
  const isWhole = async (): Promise<readonly CustomerLine[]> => {
    const start = await storage.rooms.start();
    expect(start?.records.filter(({ room }) => /\/chat\/c\d/.test(room))).toHaveLength(rooms);
    const shown = shownOf(start!.records, start!.lines);
    expect(shown).toEqual(shownOf(await storage.rooms.all(), []));
    expect(shown).toHaveLength(customers);
    await isTrue();
    return shown;
  };
  expect((await isWhole()).every(({ waitsSince }) => waitsSince !== null)).toBe(true);
  // One of them is answered, and only their conversation changes.
  await store(customer(7, [guest(7), me]).slice(1));
  const answered = (await isWhole()).filter(({ waitsSince }) => waitsSince === null);
  expect(answered.map(({ id, name }) => [id, name])).toEqual([['k7', 'Customer 7']]);
  // One of them goes to somebody else: nothing of them is left.
  await storage.rooms.forget(['w/customer/k9' as RoomId, 'w/chat/customer-k9' as RoomId], 1);
  expect(await storage.rooms.start()).toBeNull();
  const words = await onDisk(async (db) =>
    (await db.getAll('overview'))
      .map((value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : JSON.stringify(value)))
      .join(),
  );
  expect(words).not.toContain('Customer 9');
});
