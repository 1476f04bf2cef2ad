import type { MemberId, RoomId } from '../../shared/base/ids.ts';

/** A row's place, author and time, without its bytes. */
export interface Moment {
  /** Position in the room. */
  readonly seq: number;
  readonly cursor: number;
  readonly by: MemberId;
  readonly at: number;
  /** Bytes of the row. */
  readonly size: number;
  /** How many rows became this one, and when the first of them was stored; 1 and `at` where nothing was merged. */
  readonly rows: number;
  readonly since: number;
}

/** A row as it lies on the disk: whoever uses the bytes compares them with `sum` (CRC-32). */
export interface RawRow {
  readonly seq: number;
  readonly cursor: number;
  readonly sum: number;
  readonly bytes: Uint8Array;
}

/** A row for the index of who wrote what. */
export interface RowToIndex extends RawRow {
  readonly room: RoomId;
  readonly by: MemberId;
  readonly at: number;
  /** False when its author or place is not what was stored. */
  readonly isSound: boolean;
}

/** The merged rows of a text up to one of them, kept in parts so that no part is long to read or write. */
export interface Checkpoint {
  readonly seq: number;
  readonly cursor: number;
  readonly size: number;
  readonly parts: number;
}

export interface Part {
  readonly sum: number;
  readonly bytes: Uint8Array;
}

/** Structs of one client that one person wrote within some minutes: clocks from `clock` up to, not including, `until`. */
export interface Writing {
  readonly room: RoomId;
  readonly client: number;
  readonly clock: number;
  readonly until: number;
  readonly by: MemberId;
  /** When the first and when the last of it was stored. */
  readonly at: number;
  readonly last: number;
}

/** Structs of one client that one person deleted within some minutes. */
export interface Deletion extends Writing {
  /** Null for one that is not stored yet. */
  readonly id: number | null;
}

/**
 * What keeps texts short and remembers who wrote them. Everything is small: whoever has much to do takes steps. Throws
 * `StorageError` like the store it belongs to; nothing is half-written then.
 */
export interface HistoryStore {
  /** Rows of a room in order, from a position up to one, until they are that many or that many bytes; one at least. */
  rawRows(room: RoomId, fromSeq: number, upToSeq: number, mostRows: number, mostBytes: number): RawRow[];
  /** Newest first, before a position. */
  momentsBefore(room: RoomId, seq: number, limit: number): Moment[];
  /** Oldest first, from a position on. */
  momentsFrom(room: RoomId, seq: number, limit: number): Moment[];
  /** Rooms by name, after one. */
  roomsAfter(room: string, limit: number): RoomId[];

  checkpoint(room: RoomId): Checkpoint | null;
  part(room: RoomId, cursor: number, part: number): Part | null;
  /** Puts a part beside what is used; nobody reads it before `useCheckpoint`. */
  addPart(room: RoomId, cursor: number, part: number, bytes: Part): void;
  /**
   * The swap. False, and nothing happens, when the room has another checkpoint than `instead` by now, or the row that
   * this one ends with is not there any more, or not all of its parts are.
   */
  useCheckpoint(room: RoomId, next: Checkpoint, instead: Checkpoint | null): boolean;
  /** Removes some parts that belong to no checkpoint; false when there are none left. */
  dropParts(most: number): boolean;

  /**
   * Puts `bytes` in the place of these rows of a room: the last of them keeps its position, cursor, author and time.
   * False, and nothing happens, when they are not all there as they were.
   */
  mergeRows(room: RoomId, rows: readonly RawRow[], merged: Part): boolean;
  /** Cursor of the newest row that was merged from others; 0 when there is none. */
  mergedUpTo(room: RoomId): number;

  /** Cursor up to which it is known who wrote what. */
  indexedUpTo(): number;
  /** Rows of all rooms behind that, until they are that many or that many bytes; one at least. */
  rowsToIndex(mostRows: number, mostBytes: number): RowToIndex[];
  /** The newest writing of a client that begins at or before a clock, and the newest deletion of its structs. */
  writingAt(room: RoomId, client: number, clock: number): Writing | null;
  lastDeletion(room: RoomId, client: number): Deletion | null;
  /** Stores these, in the place of those that begin at the same clock or have the same id, and how far that is. */
  index(writings: readonly Writing[], deletions: readonly Deletion[], upTo: number): void;
  /** By client and clock. `after` is the last of those before. */
  writings(room: RoomId, after: Writing | null, limit: number): Writing[];
  deletions(room: RoomId, afterId: number, limit: number): Deletion[];

  /** Gives some free pages of the file back to the disk; false when there are none, or the file keeps them. */
  giveBack(pages: number): boolean;
}
