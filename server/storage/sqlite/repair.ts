import { crc32 } from 'node:zlib';
import * as Y from 'yjs';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { encodeLogRun } from '../../../shared/protocol/log-bytes.ts';
import { beginEpochAt } from './epoch.ts';
import type { SqliteDatabase } from './open.ts';
import { readRooms, type StoredRoom } from './rooms.ts';
import { bytesSum, markOf } from './sums.ts';

export interface Repaired {
  /** Positions that were damaged or missing, or built on such. */
  readonly setAside: readonly number[];
}

interface RowInTable {
  readonly cursor: number;
  readonly room: number;
  readonly seq: number;
  readonly by: string;
  readonly device: string;
  readonly at: number;
  readonly sum: number;
  readonly mark: number;
  readonly bytes: Uint8Array;
}

/** Stands where a row was whose author nobody knows any more. */
const nobody = 'relay' as MemberId;

/** An update that changes nothing. */
const emptyUpdate = Uint8Array.of(0, 0);

/** An entry that no fold knows: what it said is lost, and its place in the order is kept. */
const lostEntry = (seq: number, at: number): Uint8Array => {
  const entry: LogEntry = { seq, id: `lost-${seq}` as CommandId, type: 'lost', by: nobody, at, data: null };
  return encodeLogRun(seq, [entry]);
};

/**
 * Sets aside what is damaged in a room, and what cannot stand without it, so that the room goes on with what is good.
 * Its places stay, so that nothing else moves. Where the merged text up to a later moment is still whole nothing is lost.
 * The workspace becomes a new epoch: devices hand back what they hold and the relay has lost.
 */
export function repairRoom(database: SqliteDatabase, name: RoomId, now: number): Repaired {
  const repair = database.transaction((): Repaired => {
    const room = readRooms(database).get(name);
    if (!room) return { setAside: [] };
    const isLog = findRoom(name)?.kind.class === 'log';
    const good = readGood(database, room);
    const checkpoint = isLog ? null : readCheckpoint(database, room);
    const missing = missingIn(database, room, good);
    const misfits = isLog ? [] : misfitsIn(good, missing, checkpoint);
    const setAside = [...missing, ...misfits].sort((a, b) => a - b);
    if (setAside.length === 0) return { setAside };
    const first = setAside[0]!;
    const until = Math.max(
      0,
      ...[...good.values()].filter(({ seq }) => seq < first).map(({ cursor }) => cursor),
    );
    const write = writer(database, room, now);
    for (const seq of setAside) {
      const at = good.get(seq)?.at ?? room.at;
      const whole = checkpoint && seq <= checkpoint.seq && seq === first ? checkpoint.bytes : emptyUpdate;
      write(seq, isLog ? lostEntry(seq, at) : whole, good.get(seq));
    }
    database.prepare('DELETE FROM checkpoints WHERE room = ?').run(checkpoint ? -1 : room.id);
    beginEpochAt(database, until);
    return { setAside };
  });
  return repair.immediate();
}

/** Rows that are as they were stored, by position. */
function readGood(database: SqliteDatabase, room: StoredRoom): Map<number, RowInTable> {
  const rows = new Map<number, RowInTable>();
  const all = database
    .prepare<[number], RowInTable>('SELECT * FROM rows WHERE room = ? ORDER BY seq')
    .all(room.id);
  for (const row of all)
    if (row.seq < room.rows && bytesSum(row.bytes) === row.sum && markOf(row) === row.mark)
      rows.set(row.seq, row);
  return rows;
}

/** Positions that no good row has, neither by itself nor as one that was merged into it. */
function missingIn(
  database: SqliteDatabase,
  room: StoredRoom,
  good: ReadonlyMap<number, RowInTable>,
): number[] {
  const merged = database
    .prepare<[number], { cursor: number; rows: number }>('SELECT cursor, rows FROM merged WHERE room = ?')
    .all(room.id);
  const counts = new Map(merged.map(({ cursor, rows }) => [cursor, rows]));
  const covered = new Set<number>();
  for (const { seq, cursor } of good.values())
    for (let i = 0; i < (counts.get(cursor) ?? 1); i++) covered.add(seq - i);
  const missing: number[] = [];
  for (let seq = 0; seq < room.rows; seq++) if (!covered.has(seq)) missing.push(seq);
  return missing;
}

interface Whole {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** The merged text up to a moment, when all of it is as it was stored. */
function readCheckpoint(database: SqliteDatabase, room: StoredRoom): Whole | null {
  const found = database
    .prepare<[number], { seq: number; cursor: number; parts: number }>(
      'SELECT seq, cursor, parts FROM checkpoints WHERE room = ?',
    )
    .get(room.id);
  if (!found) return null;
  const parts = database
    .prepare<[number, number], { sum: number; bytes: Uint8Array }>(
      'SELECT sum, bytes FROM checkpoint_parts WHERE room = ? AND cursor = ? ORDER BY part',
    )
    .all(room.id, found.cursor);
  if (parts.length !== found.parts || parts.some(({ sum, bytes }) => bytesSum(bytes) !== sum)) return null;
  return { seq: found.seq, bytes: Buffer.concat(parts.map(({ bytes }) => bytes)) };
}

/** Good rows of a text that build on what is missing: their clocks or what they refer to is not there. */
function misfitsIn(
  good: ReadonlyMap<number, RowInTable>,
  missing: readonly number[],
  checkpoint: Whole | null,
): number[] {
  const lost = missing.filter((seq) => !checkpoint || seq > checkpoint.seq);
  const first = lost[0];
  if (first === undefined) return [];
  const taken: Uint8Array[] = checkpoint ? [checkpoint.bytes] : [];
  const misfits: number[] = [];
  const build = (): Y.Doc => {
    const doc = new Y.Doc();
    doc.transact(() => taken.forEach((bytes) => Y.applyUpdate(doc, bytes)));
    return doc;
  };
  let doc = build();
  for (const { seq, bytes } of good.values()) {
    const state = Y.decodeStateVector(Y.encodeStateVector(doc));
    const { from } = Y.parseUpdateMeta(bytes);
    const hasGap = [...from].some(([client, clock]) => clock > (state.get(client) ?? 0));
    if (seq < first || !hasGap) {
      Y.applyUpdate(doc, bytes);
      if (!doc.store.pendingStructs && !doc.store.pendingDs) {
        taken.push(bytes);
        continue;
      }
      doc = build();
    }
    misfits.push(seq);
  }
  return misfits;
}

/** Puts something else in the place of a row, and keeps what was there. */
function writer(database: SqliteDatabase, { id, room }: StoredRoom, now: number) {
  const there = database.prepare<[number, number], RowInTable>(
    'SELECT * FROM rows WHERE room = ? AND seq = ?',
  );
  const keep = database.prepare(
    'INSERT INTO set_aside (repaired_at, room, cursor, seq, by, device, at, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const drop = database.prepare('DELETE FROM rows WHERE cursor = ?');
  const add = database.prepare(
    'INSERT INTO rows (cursor, room, seq, by, device, at, sum, mark, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const below = database
    .prepare<[number, number], number | null>('SELECT max(cursor) FROM rows WHERE room = ? AND seq < ?')
    .pluck();
  const isTaken = database.prepare<[number], number>('SELECT 1 FROM rows WHERE cursor = ?').pluck();
  return (seq: number, bytes: Uint8Array, good: RowInTable | undefined): void => {
    const old = there.get(id, seq);
    let cursor = old?.cursor;
    if (old) {
      keep.run(now, room, old.cursor, seq, old.by, old.device, old.at, old.bytes);
      drop.run(old.cursor);
    } else {
      // Every number was given once: the next one that nobody has was this row's, or another lost one's.
      cursor = (below.get(id, seq) ?? 0) + 1;
      while (isTaken.get(cursor)) cursor++;
    }
    const at = good?.at ?? now;
    const head = { cursor: cursor!, room: id, seq, by: nobody, device: nobody, at };
    add.run(head.cursor, id, seq, nobody, nobody, at, crc32(bytes), markOf(head), bytes);
  };
}
