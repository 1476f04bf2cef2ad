import type { CommandResult, Row } from '../../shared/protocol/messages.ts';
import type { DeviceId, MemberId, RoomId } from '../../shared/base/ids.ts';

/** A row that is not stored yet: the store gives it its cursor and, in its room, its seq. */
export interface NewRow {
  readonly room: RoomId;
  readonly by: MemberId;
  readonly device: DeviceId;
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What is known of a room without reading its rows. */
export interface RoomHead {
  readonly room: RoomId;
  /** Number of rows ever stored: the next seq. */
  readonly rows: number;
  /** Cursor, author and time of the newest row. */
  readonly cursor: number;
  readonly by: MemberId;
  readonly at: number;
}

/** The outcome of a command, kept so that sending it again gives the same answer. */
export interface SettledCommand {
  readonly device: DeviceId;
  readonly n: number;
  readonly result: CommandResult;
}

/** Everything of one group commit. Applied in this order, in one transaction, durable when `commit` returns. */
export interface WriteBatch {
  readonly rows: readonly NewRow[];
  readonly commands: readonly SettledCommand[];
  /** Client ids claimed by a device of a member (leases). */
  readonly leases: readonly {
    readonly client: number;
    readonly member: MemberId;
    readonly device: DeviceId;
    readonly at: number;
  }[];
  /** Who may read a room, where that changed. */
  readonly readers: readonly { readonly room: RoomId; readonly readers: 'everyone' | readonly MemberId[] }[];
  /** Other tables' writes that must stand or fall with these (an account with its directory entry). */
  readonly also: readonly (() => void)[];
}

/**
 * The log of the workspace. Synchronous, because the relay is one thread and a commit is a few milliseconds.
 * Every method throws `StorageError` when the disk refuses; nothing is half-written then.
 */
export interface RelayStore {
  readonly epoch: string;
  /** Rows as stored, in order; cursors rise by one without gaps in the order of `batch.rows`. */
  commit(batch: WriteBatch): Row[];
  head(): number;
  room(room: RoomId): RoomHead | null;
  /** Rooms a member may read whose newest row is after `since`, or that the member may read only since then; by cursor. */
  changedRooms(member: MemberId, since: number, limit: number): RoomHead[];
  /** Rows of one room in order: after a cursor (texts) or from a seq on (logs). */
  rowsAfter(room: RoomId, cursor: number): Row[];
  rowsFrom(room: RoomId, seq: number, limit: number): Row[];
  /** A text's merged bytes up to a cursor, and the reduced state of a log before a seq; both only save work. */
  snapshot(room: RoomId): { readonly cursor: number; readonly bytes: Uint8Array } | null;
  saveSnapshot(room: RoomId, cursor: number, bytes: Uint8Array): void;
  base(room: RoomId): { readonly seq: number; readonly state: unknown } | null;
  saveBase(room: RoomId, seq: number, state: unknown): void;
  settled(device: DeviceId, id: string): CommandResult | null;
  lastCommand(device: DeviceId): number;
  leaseHolder(client: number): { readonly member: MemberId; readonly device: DeviceId } | null;
  /** All rooms of a kind, for restarts and export. */
  rooms(prefix: string): RoomHead[];
  close(): void;
}
