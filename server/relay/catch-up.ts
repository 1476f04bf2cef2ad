import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Changed, LogContent, RoomContent, Want } from '../../shared/protocol/messages.ts';
import type { RelayStore, RoomHead, StoredRow } from '../storage/contract.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Access } from './access.ts';
import { baseEvery, entriesOf, type LogRooms } from './log-rooms.ts';
import { damagedRoom } from './quarantine.ts';
import type { Receipts } from './receipts.ts';

/** Rows and bytes after which a whole document is taken to be shorter than what is missing. */
const mostMissingRows = 2_000;
const mostMissingBytes = 8 * 1024 * 1024;

export interface Batch {
  readonly rooms: RoomContent[];
  readonly missing: RoomId[];
  readonly damaged: RoomId[];
}

export interface CatchUp {
  changed(member: MemberId, since: number): Changed;
  /** Contents up to about `limits.batch` bytes, in the order of the wants; what is in neither list is to be asked again. */
  batch(member: MemberId, wants: readonly Want[]): Batch;
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

  const text = (room: RoomId, head: RoomHead, want: Want): Sized => {
    const { cursor, by, at } = head;
    const answer = (updates: readonly Uint8Array[], rows: readonly StoredRow[] | null): Sized => ({
      content: {
        room,
        kind: 'text',
        cursor,
        by,
        at,
        whole: rows === null,
        updates,
        rows: (rows ?? []).map(receipts.seal),
      },
      bytes: sizeOf(updates),
    });
    // A row that others were merged into is nobody's: it does not travel as one.
    if (want.cursor > 0 && want.cursor >= store.history.mergedUpTo(room)) {
      const rows = store.fewRowsAfter(room, want.cursor, mostMissingRows, mostMissingBytes);
      if (rows) return answer(bytesOf(rows), rows);
    }
    const snapshot = store.snapshot(room);
    const rows = bytesOf(store.rowsAfter(room, snapshot?.cursor ?? 0));
    return answer(snapshot ? [snapshot.bytes, ...rows] : rows, null);
  };

  const log = (room: RoomId, head: RoomHead, want: Want): Sized => {
    const lacks = head.rows - want.have;
    // A device that lacks more than the tail starts at a kept base; what lies between is history to it.
    const wanted =
      lacks >= 0 && lacks <= limits.logTail
        ? want.have
        : Math.ceil(Math.max(0, head.rows - limits.logTail) / baseEvery) * baseEvery;
    const rows = newestOf(store.rowsFrom(room, wanted, head.rows - wanted), limits.batch);
    const from = head.rows - rows.length;
    const base = from > 0 && from !== want.have ? logs.stateAt(room, from) : null;
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
      bytes: sizeOf(bytesOf(rows)),
    };
  };

  const content = (want: Want): Sized => {
    const { room } = want;
    const located = access.locate(room);
    const head = store.room(room) ?? { room, rows: 0, cursor: 0, by: '' as MemberId, at: 0 };
    return located?.kind.class === 'text' ? text(room, head, want) : log(room, head, want);
  };

  return {
    changed(member, since) {
      const rooms = store.changedRooms(member, since, limits.changedRooms);
      const head = store.head();
      const last = rooms.length >= limits.changedRooms ? rooms.at(-1) : undefined;
      return {
        rooms: rooms.map(({ room, cursor, by, at }) => ({ room, cursor, by, at })),
        next: last?.changed ?? head,
        head,
      };
    },
    batch(member, wants) {
      const rooms: RoomContent[] = [];
      const missing: RoomId[] = [];
      const damaged: RoomId[] = [];
      let bytes = 0;
      for (const want of wants) {
        const decision = access.decide(member, { do: 'read' }, want.room);
        if (!decision.ok) {
          (decision.error.code === 'room-damaged' ? damaged : missing).push(want.room);
          continue;
        }
        if (bytes >= limits.batch) continue;
        try {
          const each = content(want);
          rooms.push(each.content);
          bytes += each.bytes;
        } catch (error) {
          if (damagedRoom(error) === null) throw error;
          damaged.push(want.room);
        }
      }
      return { rooms, missing, damaged };
    },
    history(member, room, before, limit) {
      const located = access.locate(room);
      const decision = access.decide(member, { do: 'read' }, room);
      if (!decision.ok && decision.error.code === 'room-damaged')
        throw new StorageError('damaged', decision.error.message, { room });
      if (located?.kind.class !== 'log' || !decision.ok) return null;
      const head = store.room(room);
      const end = Math.min(before, head?.rows ?? 0);
      const first = Math.max(0, end - Math.min(Math.max(1, limit), limits.history));
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
const sizeOf = (all: readonly Uint8Array[]): number => all.reduce((sum, bytes) => sum + bytes.length, 100);
