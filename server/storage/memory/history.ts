import { crc32 } from 'node:zlib';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { StoredRow } from '../contract.ts';
import type {
  Checkpoint,
  Deletion,
  HistoryStore,
  Moment,
  Part,
  RawRow,
  Writing,
} from '../history-contract.ts';

/** The history of rooms in memory. `rows` are those of the store itself: merging changes them in place. */
export function createMemoryHistory(
  rooms: ReadonlyMap<RoomId, { readonly rows: StoredRow[] }>,
): HistoryStore {
  const checkpoints = new Map<RoomId, Checkpoint>();
  const parts = new Map<string, Part>();
  /** By cursor of the row that others were merged into. */
  const merged = new Map<number, { readonly room: RoomId; readonly rows: number; readonly since: number }>();
  const writings = new Map<string, Writing>();
  const deletions: Deletion[] = [];
  let indexed = 0;

  const rowsOf = (room: RoomId): StoredRow[] => rooms.get(room)?.rows ?? [];
  const raw = ({ seq, cursor, bytes }: StoredRow): RawRow => ({ seq, cursor, sum: crc32(bytes), bytes });
  const moment = ({ seq, cursor, by, at, bytes }: StoredRow): Moment => {
    const { rows = 1, since = at } = merged.get(cursor) ?? {};
    return { seq, cursor, by, at, size: bytes.length, rows, since };
  };
  const until = <T extends { readonly bytes: Uint8Array }>(all: T[], mostRows: number, mostBytes: number) => {
    let bytes = 0;
    return all.filter((each, i) => i === 0 || (i < mostRows && (bytes += each.bytes.length) <= mostBytes));
  };
  const belongs = (name: string): boolean => {
    const [room, cursor] = name.split(' ', 2) as [RoomId, string];
    return checkpoints.get(room)?.cursor === Number(cursor);
  };

  return {
    rawRows: (room, fromSeq, upToSeq, mostRows, mostBytes) => {
      const wanted = rowsOf(room).filter(({ seq }) => seq >= fromSeq && seq <= upToSeq);
      return until(wanted, mostRows, mostBytes).map(raw);
    },
    momentsBefore: (room, seq, limit) =>
      rowsOf(room)
        .filter((row) => row.seq < seq)
        .slice(-limit)
        .reverse()
        .map(moment),
    momentsFrom: (room, seq, limit) =>
      rowsOf(room)
        .filter((row) => row.seq >= seq)
        .slice(0, limit)
        .map(moment),
    roomsAfter: (room, limit) =>
      [...rooms]
        .flatMap(([name, { rows }]) => (name > room && rows.length > 0 ? [name] : []))
        .sort()
        .slice(0, limit),

    checkpoint: (room) => checkpoints.get(room) ?? null,
    part: (room, cursor, part) => parts.get(`${room} ${cursor} ${part}`) ?? null,
    addPart(room, cursor, part, { sum, bytes }) {
      parts.set(`${room} ${cursor} ${part}`, { sum, bytes: bytes.slice() });
    },
    useCheckpoint(room, next, instead) {
      if ((checkpoints.get(room)?.cursor ?? null) !== (instead?.cursor ?? null)) return false;
      if (!rowsOf(room).some(({ seq, cursor }) => seq === next.seq && cursor === next.cursor)) return false;
      for (let i = 0; i < next.parts; i++) if (!parts.has(`${room} ${next.cursor} ${i}`)) return false;
      checkpoints.set(room, next);
      return true;
    },
    dropParts(most) {
      const left = [...parts.keys()].filter((name) => !belongs(name)).slice(0, most);
      for (const name of left) parts.delete(name);
      return left.length === most;
    },

    mergeRows(room, rows, { bytes }) {
      const all = rowsOf(room);
      const from = all.findIndex(({ cursor }) => cursor === rows[0]!.cursor);
      const there = all.slice(from, from + rows.length);
      const isSame = there.every(
        (row, i) => row.cursor === rows[i]!.cursor && crc32(row.bytes) === rows[i]!.sum,
      );
      if (from < 0 || there.length < rows.length || !isSame) return false;
      const last = there.at(-1)!;
      const moments = there.map(moment);
      for (const { cursor } of there) merged.delete(cursor);
      merged.set(last.cursor, {
        room,
        rows: moments.reduce((sum, each) => sum + each.rows, 0),
        since: Math.min(...moments.map(({ since }) => since)),
      });
      all.splice(from, rows.length, { ...last, bytes: bytes.slice() });
      return true;
    },
    mergedUpTo: (room) =>
      Math.max(0, ...[...merged].flatMap(([cursor, each]) => (each.room === room ? [cursor] : []))),

    indexedUpTo: () => indexed,
    rowsToIndex(mostRows, mostBytes) {
      const wanted = [...rooms.values()]
        .flatMap(({ rows }) => rows.slice(rows.findLastIndex(({ cursor }) => cursor <= indexed) + 1))
        .sort((a, b) => a.cursor - b.cursor);
      return until(wanted, mostRows, mostBytes).map((row) => ({
        ...raw(row),
        room: row.room,
        by: row.by,
        at: row.at,
        isSound: true,
      }));
    },
    writingAt(room, client, clock) {
      const before = [...writings.values()].filter(
        (each) => each.room === room && each.client === client && each.clock <= clock,
      );
      return before.sort((a, b) => a.clock - b.clock).at(-1) ?? null;
    },
    lastDeletion: (room, client) =>
      deletions.findLast((each) => each.room === room && each.client === client) ?? null,
    index(wrote, deleted, upTo) {
      for (const each of wrote) writings.set(`${each.room} ${each.client} ${each.clock}`, each);
      for (const each of deleted)
        if (each.id === null) deletions.push({ ...each, id: deletions.length + 1 });
        else deletions[each.id - 1] = each;
      indexed = upTo;
    },
    writings: (room, after, limit) =>
      [...writings.values()]
        .filter((each) => each.room === room && (!after || compare(each, after) > 0))
        .sort(compare)
        .slice(0, limit),
    deletions: (room, afterId, limit) =>
      deletions.filter((each) => each.room === room && each.id! > afterId).slice(0, limit),

    giveBack: () => false,
  };
}

const compare = (a: Writing, b: Writing): number => a.client - b.client || a.clock - b.clock;
