import 'fake-indexeddb/auto';
import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import { chatKind } from '../../../shared/features/chat/kind.ts';
import type { LogContent } from '../../../shared/protocol/messages.ts';
import { mostUnread } from '../../../client/data/projection/unread.ts';
import type { DeviceStorage, RoomRecord } from '../../../client/data/storage/contract.ts';
import { openStorage } from '../../../client/data/storage/idb/open.ts';
import { seededRandom, seedFromEnvironment } from '../../shared/random.ts';

const room = 'w/chat/c' as RoomId;
const reads = 'w/chat/c:reads' as RoomId;
const [ann, bo] = ['ann', 'bo'] as MemberId[];

let count = 0;
let names: string[] = [];
let opened: DeviceStorage[] = [];

function open(): DeviceStorage {
  const name = `history-test-${++count}`;
  names.push(name);
  const storage = openStorage({ workspace: 'w' as WorkspaceId, member: ann!, name });
  opened.push(storage);
  return storage;
}

beforeEach(() => ([names, opened] = [[], []]));
afterEach(async () => {
  for (const storage of opened) storage.close();
  for (const name of names) await deleteDB(name);
});

const entry = (seq: number, type: string, by: MemberId, data: unknown): LogEntry => ({
  seq,
  id: `e${seq}` as CommandId,
  type,
  by,
  at: 1_000 + seq,
  data,
});

/** What people say, answer to, edit and recall in a conversation of that length. */
function talkOf(length: number, random: (below: number) => number): LogEntry[] {
  const log = [entry(0, 'chat.create', bo!, { type: 'group', title: 'Team', members: [ann] })];
  for (let seq = 1; seq < length; seq++) {
    const by = random(3) === 0 ? ann! : bo!;
    const about = random(seq);
    const target = { seq: about, id: `e${about}` };
    const what = log[about]!.type === 'chat.send' ? random(10) : 9;
    if (what === 0) log.push(entry(seq, 'chat.recall', by, { target }));
    else if (what === 1) log.push(entry(seq, 'chat.edit', by, { target, text: `new ${seq}` }));
    else if (what === 2) log.push(entry(seq, 'chat.react', by, { target, emoji: ['👍'] }));
    else
      log.push(
        entry(seq, 'chat.send', by, { text: `${seq}`, ...(random(4) === 0 ? { mentions: [ann] } : {}) }),
      );
  }
  return log;
}

const piece = (log: readonly LogEntry[], from: number, to: number, room_ = room): LogContent => ({
  room: room_,
  kind: 'log',
  cursor: log.length,
  from,
  head: log.length,
  base: from > 0 ? chatKind.fold(chatKind.initial, log.slice(0, from)) : null,
  entries: log.slice(from, to),
  receipts: log.slice(from, to).map(() => new Uint8Array(16)),
});

const read = (upTo: number): LogContent => ({
  ...piece([entry(0, 'chat.read', ann!, { upTo })], 0, 1, reads),
  base: null,
});

async function seen(storage: DeviceStorage, log: readonly LogEntry[]) {
  const [record] = (await storage.rooms.some([room])) as [RoomRecord];
  const { from, head, unread, calls, kept } = record;
  const marks = await storage.rooms.marks(
    room,
    log.map(({ id }) => id),
  );
  const entries = await storage.rooms.entries(room, 0, log.length);
  const mentions = (await storage.mentions.newest(1_000)).map(({ seq }) => seq);
  return { from, head, unread, calls, kept, marks, entries, mentions };
}

test('whatever comes first, unread messages, calls and what was said of messages are the same in the end', async () => {
  const seed = seedFromEnvironment();
  const random = seededRandom(seed);
  for (let round = 0; round < 12; round++) {
    const log = talkOf(20 + random(60), random);
    const upTo = random(log.length);
    const whole = open();
    await whole.rooms.storeContents([read(upTo), piece(log, 0, log.length)]);

    const parts = open();
    const from = 1 + random(log.length);
    await parts.rooms.storeContents([piece(log, from, log.length)]);
    let isRead = random(2) === 0;
    if (isRead) await parts.rooms.storeContents([read(upTo)]);
    for (let left = from; left > 0;) {
      // Now and then somebody looks at another place before the gap is closed.
      if (random(2) === 0) {
        const at = random(left);
        await parts.rooms.storeHistory([piece(log, at, Math.min(log.length, at + 1 + random(8)))]);
      }
      const first = Math.max(0, left - 1 - random(15));
      await parts.rooms.storeHistory([piece(log, first, left)]);
      const [record] = await parts.rooms.some([room]);
      expect(record!.from, `seed ${seed}`).toBeLessThanOrEqual(first);
      left = record!.from;
      if (!isRead && random(3) === 0) {
        isRead = true;
        await parts.rooms.storeContents([read(upTo)]);
      }
    }
    if (!isRead) await parts.rooms.storeContents([read(upTo)]);
    expect(await seen(parts, log), `seed ${seed}`).toEqual(await seen(whole, log));
  }
}, 60_000);

test('a device that was away for long keeps what it has, and what it lacks follows', async () => {
  const log = talkOf(60, seededRandom(7));
  const storage = open();
  await storage.rooms.storeContents([piece(log.slice(0, 20), 0, 20)]);
  await storage.rooms.storeContents([piece(log, 50, 60)]);
  expect((await storage.rooms.some([room]))[0]).toMatchObject({ from: 50, kept: [{ from: 0, to: 20 }] });
  expect(await storage.rooms.entries(room, 0, 60)).toEqual([...log.slice(0, 20), ...log.slice(50)]);
  await storage.rooms.storeHistory([piece(log, 35, 50)]);
  expect((await storage.rooms.some([room]))[0]).toMatchObject({ from: 35, kept: [{ from: 0, to: 20 }] });
  await storage.rooms.storeHistory([piece(log, 18, 35)]);
  const whole = open();
  await whole.rooms.storeContents([piece(log, 0, 60)]);
  expect(await seen(storage, log)).toEqual(await seen(whole, log));
});

test('what came as its state alone is as new as the newest entries that follow', async () => {
  const log = talkOf(60, seededRandom(7));
  const storage = open();
  await storage.rooms.storeContents([piece(log, 60, 60)]);
  await storage.rooms.storeHistory([piece(log, 50, 60)]);
  await storage.rooms.storeHistory([piece(log, 20, 50)]);
  expect((await storage.rooms.some([room]))[0]).toMatchObject({ from: 20, head: 60, at: 1_059 });
});

test('many conversations that come at once are counted as if each came alone', async () => {
  const random = seededRandom(11);
  const rooms = Array.from({ length: 80 }, (_, i) => `w/chat/c${i}` as RoomId);
  const logs = rooms.map(() => talkOf(5 + random(20), random));
  const contents = rooms.flatMap((each, i) => [
    piece(logs[i]!, 0, logs[i]!.length, each),
    { ...read(random(logs[i]!.length)), room: `${each}:reads` as RoomId },
  ]);
  const [together, alone] = [open(), open()];
  // Some are here already, and go on.
  for (const storage of [together, alone])
    for (const [i, each] of rooms.slice(0, 20).entries())
      await storage.rooms.storeContents([piece(logs[i]!.slice(0, 3), 0, 3, each)]);
  await together.rooms.storeContents(contents);
  for (const content of contents) await alone.rooms.storeContents([content]);
  const asked = contents.map((content) => content.room);
  const records = await together.rooms.some([...asked, 'w/chat/none' as RoomId]);
  expect(records.at(-1)).toBeNull();
  const singly = await Promise.all(asked.map(async (each) => (await alone.rooms.some([each]))[0]!));
  expect(records.slice(0, -1)).toEqual(singly);
});

test('no more places of unread messages are kept than anybody counts', async () => {
  const log = [entry(0, 'chat.create', bo!, { type: 'group', title: 'Team', members: [ann] })];
  while (log.length < mostUnread + 300) log.push(entry(log.length, 'chat.send', bo!, { text: 'x' }));
  const storage = open();
  await storage.rooms.storeContents([piece(log, 900, log.length)]);
  await storage.rooms.storeHistory([piece(log, 450, 900)]);
  await storage.rooms.storeHistory([piece(log, 0, 450)]);
  const { from, unread } = await seen(storage, log);
  expect([from, unread[0], unread.at(-1), unread.length]).toEqual([0, 300, log.length - 1, mostUnread]);
});
