import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type {
  Checkpoint,
  Deletion,
  HistoryStore,
  Moment,
  Part,
  RawRow,
  RowToIndex,
  Writing,
} from '../history-contract.ts';
import { StorageError } from '../storage-error.ts';
import { guarded as guardedBy } from './guard.ts';
import type { SqliteDatabase } from './open.ts';
import { sumOf } from './sums.ts';
import { unhurried as withoutWaiting } from './unhurried.ts';

type Summed<T> = Omit<T, 'room'> & { readonly sum: number };

/** A row that says by its mark whether it is what was stored. */
type Marked<T> = T & { readonly isSound: number };

/** What is told of somebody must not change by a bit of the disk: it has a sum like everything else. */
const writingSum = ({ client, clock, until, by, at, last }: Omit<Writing, 'room'>): number =>
  sumOf(client, clock, until, by, at, last);

export function createSqliteHistory(database: SqliteDatabase): HistoryStore {
  const prepared = prepare(database);
  const key = (room: RoomId): number => prepared.room.get(room) ?? -1;

  const guarded = <T>(work: () => T): T => guardedBy(database, work);

  /**
   * Everything written here is made of rows that are durable, and can be made again: it does not wait for the disk. The
   * log keeps the order, so what was written before a durable commit is there when that is.
   */
  const unhurried = <T>(work: () => T): T => guarded(() => withoutWaiting(database, work));

  /** Rows of one room, of which none may be another than was stored. */
  function* marked<T>(room: RoomId, rows: Iterable<Marked<T>>): Generator<T> {
    for (const { isSound, ...row } of rows) {
      if (!isSound) throw new StorageError('damaged', `a row of ${room} is damaged`, { room });
      yield row as T;
    }
  }

  /** The rest of a row whose sum is right; null for another. */
  const sound = <T extends Summed<Writing>>({ sum, ...rest }: T): Omit<T, 'sum'> | null =>
    writingSum(rest) === sum ? rest : null;
  const allSound = <T extends Summed<Writing>>(room: RoomId, all: T[]) =>
    all.flatMap((each) => {
      const rest = sound(each);
      return rest ? [{ ...rest, room }] : [];
    });

  const useCheckpoint = database.transaction(
    (room: RoomId, next: Checkpoint, instead: Checkpoint | null): boolean => {
      const id = key(room);
      const now = prepared.checkpoint.get(id);
      if ((now?.cursor ?? null) !== (instead?.cursor ?? null)) return false;
      if (prepared.rowAt.get(id, next.seq)?.cursor !== next.cursor) return false;
      if (prepared.countParts.get(id, next.cursor) !== next.parts) return false;
      prepared.setCheckpoint.run(id, next.seq, next.cursor, next.size, next.parts);
      return true;
    },
  );

  const mergeRows = database.transaction((room: RoomId, rows: readonly RawRow[], merged: Part): boolean => {
    const id = key(room);
    const [first, last] = [rows[0]!, rows.at(-1)!];
    const there = prepared.sums.all(id, first.seq, last.seq);
    const isSame = there.every(({ cursor, sum }, i) => cursor === rows[i]?.cursor && sum === rows[i]?.sum);
    if (there.length !== rows.length || !isSame) return false;
    const { count, since } = prepared.mergedBefore.get(id, first.seq, last.seq)!;
    prepared.dropMerged.run(id, first.cursor, last.cursor);
    prepared.dropRows.run(id, first.seq, last.seq);
    prepared.setRow.run(merged.sum, merged.bytes, last.cursor);
    prepared.addMerged.run(last.cursor, id, count, since);
    return true;
  });

  const index = database.transaction(
    (writings: readonly Writing[], deletions: readonly Deletion[], upTo: number): void => {
      for (const each of writings) {
        const { room, client, clock, until, by, at, last } = each;
        prepared.setWriting.run(key(room), client, clock, until, by, at, last, writingSum(each));
      }
      for (const each of deletions) {
        const { id, room, client, clock, until, by, at, last } = each;
        prepared.setDeletion.run(id, key(room), client, clock, until, by, at, last, writingSum(each));
      }
      prepared.setIndexed.run(upTo);
    },
  );

  return {
    rawRows: (room, fromSeq, upToSeq, mostRows, mostBytes) =>
      guarded(() => {
        const rows = prepared.rows.iterate(key(room), fromSeq, upToSeq);
        return until(marked<RawRow>(room, rows), mostRows, mostBytes);
      }),
    momentsBefore: (room, seq, limit) =>
      guarded(() => [...marked<Moment>(room, prepared.momentsDown.all(key(room), seq, limit))]),
    momentsFrom: (room, seq, limit) =>
      guarded(() => [...marked<Moment>(room, prepared.momentsUp.all(key(room), seq, limit))]),
    roomsAfter: (room, limit) => guarded(() => prepared.rooms.all(room, limit)),

    checkpoint: (room) => guarded(() => prepared.checkpoint.get(key(room)) ?? null),
    part: (room, cursor, part) => guarded(() => prepared.part.get(key(room), cursor, part) ?? null),
    addPart: (room, cursor, part, { sum, bytes }) =>
      unhurried(() => void prepared.addPart.run(key(room), cursor, part, sum, bytes)),
    useCheckpoint: (room, next, instead) => unhurried(() => useCheckpoint.immediate(room, next, instead)),
    dropParts: (most) => unhurried(() => prepared.dropParts.run(most).changes === most),

    mergeRows: (room, rows, merged) => unhurried(() => mergeRows.immediate(room, rows, merged)),
    mergedUpTo: (room) => guarded(() => prepared.mergedUpTo.get(key(room)) ?? 0),

    indexedUpTo: () => guarded(() => prepared.indexed.get() ?? 0),
    rowsToIndex: (mostRows, mostBytes) =>
      guarded(() => {
        const rows = prepared.toIndex.iterate(prepared.indexed.get() ?? 0);
        return until(rows, mostRows, mostBytes).map((row) => ({ ...row, isSound: Boolean(row.isSound) }));
      }),
    writingAt: (room, client, clock) =>
      guarded(() => {
        const found = prepared.writingAt.get(key(room), client, clock);
        return (found && allSound(room, [found])[0]) ?? null;
      }),
    lastDeletion: (room, client) =>
      guarded(() => {
        const found = prepared.lastDeletion.get(key(room), client);
        return (found && allSound(room, [found])[0]) ?? null;
      }),
    index: (writings, deletions, upTo) => unhurried(() => index.immediate(writings, deletions, upTo)),
    writings: (room, after, limit) =>
      guarded(() =>
        allSound(room, prepared.writings.all(key(room), after?.client ?? -1, after?.clock ?? -1, limit)),
      ),
    deletions: (room, afterId, limit) =>
      guarded(() => allSound(room, prepared.deletions.all(key(room), afterId, limit))),

    giveBack: (pages) =>
      unhurried(() => {
        // 2: incremental. A file of an older Weft keeps its free pages and uses them again.
        if (database.pragma('auto_vacuum', { simple: true }) !== 2) return false;
        database.pragma(`incremental_vacuum(${Math.trunc(pages)})`);
        return Number(database.pragma('freelist_count', { simple: true })) > 0;
      }),
  };
}

/** The first of these that are no more than that; one at least. */
function until<T extends { readonly bytes: Uint8Array }>(
  all: Iterable<T>,
  mostRows: number,
  mostBytes: number,
): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const each of all) {
    bytes += each.bytes.length;
    if (taken.length > 0 && bytes > mostBytes) break;
    taken.push(each);
    if (taken.length >= mostRows) break;
  }
  return taken;
}

function prepare(database: SqliteDatabase) {
  const isSound =
    'rows.mark = weft_sum(rows.cursor, rows.room, rows.seq, rows.by, rows.device, rows.at) AS isSound';
  const moment = `${isSound}, rows.seq, rows.cursor, rows.by, rows.at, length(rows.bytes) AS size,
    coalesce(merged.rows, 1) AS rows, coalesce(merged.since, rows.at) AS since
    FROM rows LEFT JOIN merged ON merged.cursor = rows.cursor`;
  const written = 'client, clock, until, by, at, last, sum';
  type StoredWriting = Summed<Writing>;
  type StoredDeletion = Summed<Deletion> & { readonly id: number };
  return {
    room: database.prepare<[RoomId], number>('SELECT id FROM rooms WHERE room = ?').pluck(),
    rooms: database
      .prepare<[string, number], RoomId>('SELECT room FROM rooms WHERE room > ? ORDER BY room LIMIT ?')
      .pluck(),
    rows: database.prepare<[number, number, number], Marked<RawRow>>(
      `SELECT seq, cursor, sum, bytes, ${isSound} FROM rows WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq`,
    ),
    rowAt: database.prepare<[number, number], { cursor: number }>(
      'SELECT cursor FROM rows WHERE room = ? AND seq = ?',
    ),
    sums: database.prepare<[number, number, number], { cursor: number; sum: number }>(
      'SELECT cursor, sum FROM rows WHERE room = ? AND seq BETWEEN ? AND ? ORDER BY seq',
    ),
    momentsDown: database.prepare<[number, number, number], Marked<Moment>>(
      `SELECT ${moment} WHERE rows.room = ? AND rows.seq < ? ORDER BY rows.seq DESC LIMIT ?`,
    ),
    momentsUp: database.prepare<[number, number, number], Marked<Moment>>(
      `SELECT ${moment} WHERE rows.room = ? AND rows.seq >= ? ORDER BY rows.seq LIMIT ?`,
    ),
    checkpoint: database.prepare<[number], Checkpoint>(
      'SELECT seq, cursor, size, parts FROM checkpoints WHERE room = ?',
    ),
    setCheckpoint: database.prepare<[number, number, number, number, number]>(
      'INSERT OR REPLACE INTO checkpoints (room, seq, cursor, size, parts) VALUES (?, ?, ?, ?, ?)',
    ),
    part: database.prepare<[number, number, number], Part>(
      'SELECT sum, bytes FROM checkpoint_parts WHERE room = ? AND cursor = ? AND part = ?',
    ),
    countParts: database
      .prepare<[number, number], number>(
        'SELECT count(*) FROM checkpoint_parts WHERE room = ? AND cursor = ?',
      )
      .pluck(),
    addPart: database.prepare<[number, number, number, number, Uint8Array]>(
      'INSERT OR REPLACE INTO checkpoint_parts (room, cursor, part, sum, bytes) VALUES (?, ?, ?, ?, ?)',
    ),
    dropParts: database.prepare<[number]>(
      `DELETE FROM checkpoint_parts WHERE rowid IN (
         SELECT checkpoint_parts.rowid FROM checkpoint_parts
         LEFT JOIN checkpoints USING (room, cursor) WHERE checkpoints.room IS NULL LIMIT ?)`,
    ),
    mergedUpTo: database
      .prepare<[number], number | null>('SELECT max(cursor) FROM merged WHERE room = ?')
      .pluck(),
    mergedBefore: database.prepare<[number, number, number], { count: number; since: number }>(
      `SELECT sum(rows) AS count, min(since) AS since FROM (
         SELECT ${moment} WHERE rows.room = ? AND rows.seq BETWEEN ? AND ?)`,
    ),
    dropMerged: database.prepare<[number, number, number]>(
      'DELETE FROM merged WHERE room = ? AND cursor BETWEEN ? AND ?',
    ),
    dropRows: database.prepare<[number, number, number]>(
      'DELETE FROM rows WHERE room = ? AND seq >= ? AND seq < ?',
    ),
    setRow: database.prepare<[number, Uint8Array, number]>(
      'UPDATE rows SET sum = ?, bytes = ? WHERE cursor = ?',
    ),
    addMerged: database.prepare<[number, number, number, number]>(
      'INSERT INTO merged (cursor, room, rows, since) VALUES (?, ?, ?, ?)',
    ),
    indexed: database.prepare<[], number>('SELECT cursor FROM indexed').pluck(),
    setIndexed: database.prepare<[number]>('UPDATE indexed SET cursor = ?'),
    toIndex: database.prepare<[number], Marked<Omit<RowToIndex, 'isSound'>>>(
      `SELECT rooms.room, ${isSound}, rows.seq, rows.cursor, rows.by, rows.at, rows.sum, rows.bytes
       FROM rows JOIN rooms ON rooms.id = rows.room WHERE rows.cursor > ? ORDER BY rows.cursor`,
    ),
    writingAt: database.prepare<[number, number, number], StoredWriting>(
      `SELECT ${written} FROM writings WHERE room = ? AND client = ? AND clock <= ? ORDER BY clock DESC LIMIT 1`,
    ),
    setWriting: database.prepare<[number, number, number, number, MemberId, number, number, number]>(
      `INSERT OR REPLACE INTO writings (room, ${written}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    writings: database.prepare<[number, number, number, number], StoredWriting>(
      `SELECT ${written} FROM writings WHERE room = ? AND (client, clock) > (?, ?) ORDER BY client, clock LIMIT ?`,
    ),
    lastDeletion: database.prepare<[number, number], StoredDeletion>(
      `SELECT id, ${written} FROM deletions WHERE room = ? AND client = ? ORDER BY id DESC LIMIT 1`,
    ),
    setDeletion: database.prepare<
      [number | null, number, number, number, number, MemberId, number, number, number]
    >(`INSERT OR REPLACE INTO deletions (id, room, ${written}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    deletions: database.prepare<[number, number, number], StoredDeletion>(
      `SELECT id, ${written} FROM deletions WHERE room = ? AND id > ? ORDER BY id LIMIT ?`,
    ),
  };
}
