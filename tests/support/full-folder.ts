/* A data folder as a relay has it after years: written straight into its store, since a million commands would take an hour. */
import { join } from 'node:path';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, DeviceId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../shared/documents/registry.ts';
import { encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import { partOf, roomId } from '../../shared/protocol/rooms.ts';
import { baseEvery } from '../../server/relay/log-rooms.ts';
import { createRandom, type Random } from '../../server/seed/random.ts';
import { emptyBatch, type NewRow, type RelayStore, type WriteBatch } from '../../server/storage/contract.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';

export interface FullFolder {
  readonly folder: string;
  /** Everybody in it is in every conversation; the first makes them. */
  readonly members: readonly string[];
  /** Messages of each conversation; each ends with its number in brackets. */
  readonly sizes: readonly number[];
  /** So many more are in the last conversation, of whom nobody knows the name and who say nothing. */
  readonly silent?: number;
  /** When the newest message was sent; milliseconds since 1970. */
  readonly until: number;
}

const hour = 3_600_000;
const rowsAtOnce = 5_000;
/** Told in each conversation, by turns: how far they have read. */
const readEntries = 30;
const device = 'bench' as DeviceId;
const sentences = [
  '第一批周四发货，第二批要等海关文件。',
  'The customs papers for the second lot are still missing; I asked again this morning.',
  '好的，谢谢！',
  'Fine with me.',
  'Could you look at the drawing of the lower bracket? The holes are 2 mm too far to the left, and the supplier says that it is as ordered.',
  '会议改到下午三点，地点不变，请带上最新的报价单和上周的质检记录。',
  'On my way.',
];

export interface FolderWriter {
  readonly store: RelayStore;
  readonly random: Random;
  /** Writes a log of `count` entries from its start, as commands would have. */
  writeLog(room: RoomId, count: number, entryAt: (seq: number) => Omit<LogEntry, 'seq' | 'id'>): void;
  readBy(room: RoomId, readers: WriteBatch['readers'][number]['readers']): void;
  /** What was written so far is in the store. */
  flush(): void;
  close(): void;
}

/** Writes into the store of a folder whose relay has stopped. */
export function openFolder(folder: string): FolderWriter {
  const random = createRandom(1);
  const store = createSqliteStore(openDatabase(join(folder, 'weft.db'), { durability: 'process' }));
  let rows: NewRow[] = [];
  let readers: WriteBatch['readers'][number][] = [];
  const flush = (): void => {
    store.commit({ ...emptyBatch, rows, readers });
    rows = [];
    readers = [];
  };
  return {
    store,
    random,
    writeLog(room, count, entryAt) {
      const kind = findRoom(room)!.kind as AnyLogKind;
      let state = kind.initial;
      for (let seq = 0; seq < count; seq++) {
        const entry: LogEntry = { seq, id: random.id() as CommandId, ...entryAt(seq) };
        const { by, at } = entry;
        rows.push({ room, by, device, at, bytes: encodeLogRun(seq, [entry]) });
        state = kind.fold(state, [entry]);
        if ((seq + 1) % baseEvery === 0 && count - seq <= 8 * baseEvery) store.saveBase(room, seq + 1, state);
        if (rows.length >= rowsAtOnce) flush();
      }
      // As relays do when they stop.
      if (count % baseEvery !== 0) store.saveBase(room, count, state);
    },
    readBy: (room, all) => void readers.push({ room, readers: all }),
    flush,
    close() {
      flush();
      // Who wrote what is known of all of it, as where it was written one by one.
      store.history.index([], [], store.head());
      store.close();
    },
  };
}

/** Fills a folder whose relay has stopped. Gives the rooms of the conversations, the newest one last. */
export function fillFolder({ folder, members, sizes, silent = 0, until }: FullFolder): RoomId[] {
  const { store, random, writeLog, readBy, flush, close } = openFolder(folder);
  const people = members as readonly MemberId[];

  const rooms = sizes.map((size, i): RoomId => {
    const room = roomId(store.workspace as WorkspaceId, 'chat', random.id());
    const isLast = i === sizes.length - 1;
    const everybody = [
      ...people,
      ...Array.from({ length: isLast ? silent : 0 }, () => random.id() as MemberId),
    ];
    // The last one is the newest, and each goes back years.
    const newest = until - (sizes.length - i) * 60_000;
    const between = Math.max(1_000, Math.min(hour, (2 * 365 * 24 * hour) / Math.max(1, size)));
    const at = (seq: number): number => Math.floor(newest - (size - seq) * between);
    writeLog(room, size + 1, (seq) =>
      seq === 0
        ? {
            type: 'chat.create',
            by: people[0]!,
            at: at(0),
            data: { type: 'group', title: `Conversation ${i + 1}`, members: everybody.slice(1) },
          }
        : {
            type: 'chat.send',
            by: people[seq % people.length]!,
            at: at(seq),
            data: { text: `${random.pick(sentences)} (${seq})` },
          },
    );
    // All have read all of it, but for a few messages in every tenth.
    const left = i % 10 === 0 ? 5 : 0;
    const reads = partOf(room, 'reads');
    writeLog(reads, readEntries, (n) => ({
      type: 'chat.read',
      by: people[n % people.length]!,
      at: at(size),
      data: { upTo: Math.max(0, size - left - Math.max(0, readEntries - people.length - n)) },
    }));
    flush();
    for (const each of [room, reads]) readBy(each, everybody);
    return room;
  });
  close();
  return rooms;
}
