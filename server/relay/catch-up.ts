import { crc32 } from '../../shared/base/bytes.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Changed, LogContent, RoomContent, TextContent, Want } from '../../shared/protocol/messages.ts';
import type { RoomName } from '../../shared/protocol/rooms.ts';
import type { RelayStore, RoomHead, StoredRow } from '../storage/contract.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Access, Window } from './access.ts';
import { baseEvery, entriesOf, type LogRooms } from './log-rooms.ts';
import { damagedRoom } from './quarantine.ts';
import type { Receipts } from './receipts.ts';

/** Rows and bytes after which a whole document is taken to be shorter than what is missing. */
const mostMissingRows = 2_000;
const mostMissingBytes = 8 * 1024 * 1024;
/** Rows and bytes of a text that are read, proven and encoded at once, some milliseconds; more is done in steps. */
const rowsAtOnce = 256;
const bytesAtOnce = limits.batch;
/** A checkpoint is replaced now and then; whoever reads it meanwhile begins again. */
const mostBeginnings = 4;

/** What it takes to read and fold an entry for a state that is not loaded, in bytes sent, so that a batch ends in time. */
const foldCost = 100;

export interface Batch {
  readonly rooms: RoomContent[];
  readonly missing: RoomId[];
  readonly damaged: RoomId[];
  /** A text so large that it takes many turns: the first of the wants that may be read, and `rooms` is empty then. */
  readonly large: Want | null;
}

export interface CatchUp {
  changed(member: MemberId, since: number): Changed;
  /** Contents up to about `limits.batch` bytes, in the order of the wants; what is in neither list is to be asked again. */
  batch(member: MemberId, wants: readonly Want[]): Batch;
  /** The content of a large text as it is when the first step is taken. Rights are the caller's business. */
  inSteps(want: Want): Generator<void, TextContent, void>;
  /** Older entries of a log, the newest of them first asked; null when the member may not read it. */
  history(member: MemberId, room: RoomId, before: number, limit: number): LogContent | null;
}

/** What a device that was away asks for. Reads only what is committed. */
export function createCatchUp(
  store: RelayStore,
  access: Access,
  logs: LogRooms,
  receipts: Receipts,
): CatchUp {
  const receiptsOf = (rows: readonly StoredRow[]): Uint8Array[] =>
    rows.map((row) => receipts.seal(row).receipt);

  const textContent = (
    { room, cursor, by, at }: RoomHead,
    updates: readonly Uint8Array[],
    rows: TextContent['rows'] | null,
  ): TextContent => ({ room, kind: 'text', cursor, by, at, whole: rows === null, updates, rows: rows ?? [] });

  /** A row that others were merged into is nobody's: it does not travel as one. */
  const mayHaveRows = ({ room, cursor }: Want): boolean =>
    cursor > 0 && cursor >= store.history.mergedUpTo(room);

  /** Null when that is too much for one turn. */
  const text = (head: RoomHead, want: Want): Sized | null => {
    const { room } = head;
    if (mayHaveRows(want)) {
      const rows = store.fewRowsAfter(room, want.cursor, rowsAtOnce, bytesAtOnce);
      if (rows)
        return { content: textContent(head, bytesOf(rows), rows.map(receipts.seal)), bytes: rowsSize(rows) };
    }
    const checkpoint = store.history.checkpoint(room);
    if ((checkpoint?.size ?? 0) > bytesAtOnce) return null;
    const rows = store.fewRowsAfter(room, checkpoint?.cursor ?? 0, rowsAtOnce, bytesAtOnce);
    if (!rows) return null;
    const snapshot = checkpoint && store.snapshot(room);
    // A checkpoint that cannot be read is as good as none, and may stand for any number of rows.
    if (checkpoint && !snapshot) return null;
    const updates = snapshot ? [snapshot.bytes, ...bytesOf(rows)] : bytesOf(rows);
    return { content: textContent(head, updates, null), bytes: sizeOf(updates) };
  };

  /** The parts of the checkpoint as one update; null when there is none that can be read. */
  function* snapshotInSteps(room: RoomId): Generator<void, { bytes: Uint8Array; seq: number } | null, void> {
    for (let left = mostBeginnings; left > 0; left--) {
      const checkpoint = store.history.checkpoint(room);
      if (!checkpoint) return null;
      const parts: Uint8Array[] = [];
      for (let i = 0; i < checkpoint.parts; i++) {
        const part = store.history.part(room, checkpoint.cursor, i);
        if (!part || crc32(part.bytes) !== part.sum) break;
        parts.push(part.bytes);
        yield;
      }
      if (parts.length === checkpoint.parts) return { bytes: Buffer.concat(parts), seq: checkpoint.seq };
    }
    return null;
  }

  /** Rows from a position up to one, as many in each step as take not long. */
  function* rowsInSteps(room: RoomId, first: number, end: number): Generator<void, Uint8Array[], void> {
    const updates: Uint8Array[] = [];
    for (let from = first; from < end;) {
      let count = 0;
      let bytes = 0;
      for (const { size } of store.history.momentsFrom(room, from, rowsAtOnce)) {
        bytes += size;
        if (count > 0 && bytes > bytesAtOnce) break;
        count++;
      }
      const rows = store.rowsFrom(room, from, Math.max(1, count));
      const last = rows.at(-1);
      if (!last) break;
      updates.push(...bytesOf(rows));
      from = last.seq + 1;
      yield;
    }
    return updates;
  }

  /** What is loaded may be ahead of what is stored. */
  const stateAt = (room: RoomId, from: number): unknown => {
    const loaded = logs.open(room);
    return loaded.head === from ? loaded.state : logs.stateAt(room, from);
  };

  const log = (room: RoomId, head: RoomHead, want: Want, window: Window): Sized => {
    const tail = tailOf(head.rows, want, access.locate(room)?.name ?? null);
    const wanted = Math.min(head.rows, Math.max(window.from, tail));
    const rows = newestOf(store.rowsFrom(room, wanted, head.rows - wanted), limits.batch);
    const from = head.rows - rows.length;
    // A part replaces whatever is there.
    const needsBase = from > 0 && (from !== want.have || window.isPart);
    const folded = needsBase && !logs.isLoaded(room) ? from % baseEvery : 0;
    const base = needsBase ? window.shown(stateAt(room, from)) : null;
    return {
      content: {
        room,
        kind: 'log',
        cursor: head.cursor,
        from,
        head: head.rows,
        base,
        entries: entriesOf(rows),
        receipts: receiptsOf(rows),
      },
      bytes: rowsSize(rows) + folded * foldCost,
    };
  };

  const headOf = (room: RoomId): RoomHead =>
    store.room(room) ?? { room, rows: 0, cursor: 0, by: '' as MemberId, at: 0 };

  const content = (member: MemberId, want: Want): Sized | null => {
    const { room } = want;
    const head = headOf(room);
    if (access.locate(room)?.kind.class === 'text') return text(head, want);
    return log(room, head, want, access.window(member, room));
  };

  return {
    changed(member, since) {
      const rooms = store.changedRooms(member, since, limits.changedRooms);
      // Who changed what somebody may know only a part of is not theirs to know.
      const { directoryRoom } = access;
      const isPart = access.window(member, directoryRoom).isPart;
      const head = store.head();
      const last = rooms.length >= limits.changedRooms ? rooms.at(-1) : undefined;
      return {
        rooms: rooms.map(({ room, cursor, by, at }) => ({
          ...{ room, cursor, at },
          by: isPart && room === directoryRoom ? ('' as MemberId) : by,
        })),
        next: last?.changed ?? head,
        head,
      };
    },
    batch(member, wants) {
      const rooms: RoomContent[] = [];
      const missing: RoomId[] = [];
      const damaged: RoomId[] = [];
      let large: Want | null = null;
      let bytes = 0;
      for (const want of wants) {
        const decision = access.decide(member, { do: 'read' }, want.room);
        if (!decision.ok) {
          (decision.error.code === 'room-damaged' ? damaged : missing).push(want.room);
          continue;
        }
        if (bytes >= limits.batch) continue;
        try {
          const each = content(member, want);
          if (each) rooms.push(each.content);
          else if (rooms.length === 0) large = want;
          // A large one that is not the first is asked for again.
          bytes += each?.bytes ?? limits.batch;
        } catch (error) {
          if (damagedRoom(error) === null) throw error;
          damaged.push(want.room);
        }
      }
      return { rooms, missing, damaged, large };
    },
    *inSteps(want) {
      const { room } = want;
      const head = headOf(room);
      const missing = mayHaveRows(want)
        ? store.fewRowsAfter(room, want.cursor, mostMissingRows, mostMissingBytes)
        : null;
      yield;
      if (missing) {
        const sealed: TextContent['rows'][number][] = [];
        for (const row of missing) {
          sealed.push(receipts.seal(row));
          if (sealed.length % rowsAtOnce === 0) yield;
        }
        return textContent(head, bytesOf(missing), sealed);
      }
      const snapshot = yield* snapshotInSteps(room);
      const rows = yield* rowsInSteps(room, snapshot ? snapshot.seq + 1 : 0, head.rows);
      return textContent(head, snapshot ? [snapshot.bytes, ...rows] : rows, null);
    },
    history(member, room, before, limit) {
      const located = access.locate(room);
      const decision = access.decide(member, { do: 'read' }, room);
      if (!decision.ok && decision.error.code === 'room-damaged')
        throw new StorageError('damaged', decision.error.message, { room });
      if (located?.kind.class !== 'log' || !decision.ok) return null;
      const head = store.room(room);
      const end = Math.min(before, head?.rows ?? 0);
      const oldest = access.window(member, room).from;
      const first = Math.max(oldest, end - Math.min(Math.max(1, limit), limits.history));
      const rows = newestOf(store.rowsFrom(room, first, Math.max(0, end - first)), limits.batch);
      const from = end - rows.length;
      return {
        room,
        kind: 'log',
        cursor: head?.cursor ?? 0,
        from,
        head: head?.rows ?? 0,
        base: null,
        entries: entriesOf(rows),
        receipts: receiptsOf(rows),
      };
    },
  };
}

interface Sized {
  readonly content: RoomContent;
  /** About what it takes in the batch. */
  readonly bytes: number;
}

/**
 * Where what a device is given of a log begins, unless that is too many bytes; what lies before is history to it. Of long
 * conversations that it has nothing of it gets the state alone, so that it soon has a list of all of them; also of their
 * parts, whose entries nobody looks at.
 */
function tailOf(rows: number, { have }: Want, name: RoomName | null): number {
  if (have === 0 && name?.kind === 'chat' && rows > (name.part === null ? limits.logWhole : 0)) return rows;
  const lacks = rows - have;
  if (lacks >= 0 && lacks <= limits.logTail) return have;
  return Math.ceil(Math.max(0, rows - limits.logTail) / baseEvery) * baseEvery;
}

/** The newest of these rows that are no more bytes than that; one at least. */
function newestOf(rows: readonly StoredRow[], mostBytes: number): readonly StoredRow[] {
  let first = rows.length;
  for (let bytes = 0; first > 0; first--) {
    bytes += rows[first - 1]!.bytes.length;
    if (bytes > mostBytes && first < rows.length) break;
  }
  return rows.slice(first);
}

const bytesOf = (rows: readonly StoredRow[]): Uint8Array[] => rows.map((row) => row.bytes);
const rowsSize = (rows: readonly StoredRow[]): number => sizeOf(bytesOf(rows));
const sizeOf = (all: readonly Uint8Array[]): number => all.reduce((sum, bytes) => sum + bytes.length, 100);
