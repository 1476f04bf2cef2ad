import type { CommandResult, Row, Welcome } from '../../shared/protocol/messages.ts';
import type { DeviceId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import type { HistoryStore } from './history-contract.ts';
import type { StorageError } from './storage-error.ts';

/** A row that is not stored yet: the store gives it its cursor and, in its room, its seq. */
export interface NewRow {
  readonly room: RoomId;
  readonly by: MemberId;
  readonly device: DeviceId;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** What it is found by besides its place: see `RelayStore.naming`. */
  readonly names?: readonly string[];
}

/** Content that was taken back: rows of one room get other bytes, in their places. */
export interface Erasure {
  readonly room: RoomId;
  readonly rows: readonly ErasedRow[];
  /** A kept state that says anything of the content has this id in it. */
  readonly id: string;
  /** The kept state without that. */
  without(state: unknown): unknown;
}

export interface ErasedRow {
  readonly seq: number;
  readonly bytes: Uint8Array;
  /** Files that the row named: those that no other row of the room names belong to the room no longer. */
  readonly files: readonly string[];
}

/** A row as it is stored: its receipt is made when it is given to a device. */
export type StoredRow = Omit<Row, 'receipt'>;

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

/** A room as a member's list of changes names it. */
export interface ChangedHead extends RoomHead {
  /** When it changed for this member: the cursor of its newest row, or of the commit that let them read it. */
  readonly changed: number;
}

/** The outcome of a command, kept so that sending it again gives the same answer. */
export interface SettledCommand {
  readonly device: DeviceId;
  readonly n: number;
  readonly at: number;
  readonly result: CommandResult;
}

/** A Yjs client id drawn by the relay for a device, valid in every room. */
export interface Lease {
  readonly client: number;
  readonly member: MemberId;
  readonly device: DeviceId;
  readonly at: number;
}

/** A Yjs client id that a plain client brought along, held by its member in one room. */
export interface Claim {
  readonly client: number;
  readonly room: RoomId;
  readonly member: MemberId;
  readonly at: number;
}

/**
 * Everything of one group commit. Applied in this order, in one transaction, durable when `commit` returns; with
 * `syncLater` only written then: it survives the death of the process, and a power cut when a later `sync` is done.
 */
export interface WriteBatch {
  readonly rows: readonly NewRow[];
  readonly commands: readonly SettledCommand[];
  readonly leases: readonly Lease[];
  readonly claims: readonly Claim[];
  /** Who may read a room, where that changed. */
  readonly readers: readonly { readonly room: RoomId; readonly readers: 'everyone' | readonly MemberId[] }[];
  /** Where work in other rooms begins or is over. */
  readonly jobs: readonly { readonly room: RoomId; readonly isOpen: boolean }[];
  /** May be of rows of this very batch. */
  readonly erasures: readonly Erasure[];
  /** Other tables' writes that must stand or fall with these (an account with its directory entry). */
  readonly also: readonly (() => void)[];
  readonly syncLater?: boolean;
}

export const emptyBatch: WriteBatch = {
  rows: [],
  commands: [],
  leases: [],
  claims: [],
  readers: [],
  jobs: [],
  erasures: [],
  also: [],
};

/**
 * The log of the workspace. Synchronous, because the relay is one thread and a commit is a few milliseconds.
 * Every method throws `StorageError` when the disk refuses or bytes are not what was stored (its `room` says whose, where
 * it is one room's); nothing is half-written then. What `also` throws comes through as it is, and nothing of its batch is stored.
 */
export interface RelayStore {
  /** Drawn when the store was made. */
  readonly workspace: WorkspaceId;
  readonly epoch: string;
  /** Epochs before this one, as `welcome` tells them. */
  readonly epochs: Welcome['epochs'];
  /** 32 secret bytes, drawn when the store was made; a backup has the same. */
  readonly receiptKey: Uint8Array;
  /** Up to which cursor of this epoch there is a verified backup; 0 when there is none. */
  backedUp(): number;
  /** Rows as stored, in order; cursors rise by one without gaps in the order of `batch.rows`. */
  commit(batch: WriteBatch): StoredRow[];
  /**
   * Makes durable what is written when it is called, beside the loop; any commit without `syncLater` does too. Only where
   * a power cut can be told afterwards: absent, every commit is durable when it returns.
   */
  readonly sync?: (done: (why: StorageError | null) => void) => void;
  /** Keeps the write-ahead log short. For after the answers of a commit, since it may take some milliseconds. */
  tidy(): void;
  /** The newest cursor; 0 when nothing is stored. */
  head(): number;
  room(room: RoomId): RoomHead | null;
  /**
   * Rooms a member may read that have rows and whose newest is after `since`, or that the member may read only since
   * then. Ordered by `changed`, no two alike unless one commit let them in together; those are never split by `limit`.
   */
  changedRooms(member: MemberId, since: number, limit: number): ChangedHead[];
  /** Rows of one room in order: after a cursor (texts) or from a seq on (logs). */
  rowsAfter(room: RoomId, cursor: number): StoredRow[];
  /** The same, or null as soon as they are more rows or bytes than that. */
  fewRowsAfter(room: RoomId, cursor: number, mostRows: number, mostBytes: number): StoredRow[] | null;
  rowsFrom(room: RoomId, seq: number, limit: number): StoredRow[];
  /** Positions of rows that have this name, ascending; another one that has none of it may be among them. */
  naming(room: RoomId, name: string): number[];
  /** A text's merged bytes up to a cursor, its checkpoint; only saves work. */
  snapshot(room: RoomId): { readonly cursor: number; readonly bytes: Uint8Array } | null;
  /** The newest kept reduced state of a log whose `seq` (number of entries in it) is at most `upTo`; only saves work. */
  base(room: RoomId, upTo: number): { readonly seq: number; readonly state: unknown } | null;
  saveBase(room: RoomId, seq: number, state: unknown): void;
  /** `damaged`: there is an answer, or may be, that cannot be read. */
  settled(device: DeviceId, id: string): CommandResult | 'damaged' | null;
  /**
   * Forgets answers that were given before that moment, beyond the newest 500 of each device, and no more than `most` at
   * once; true when there may be more.
   */
  forgetAnswers(before: number, most: number): boolean;
  /** The highest `n` of a settled command; 0 when there is none. */
  lastCommand(device: DeviceId): number;
  leaseHolder(client: number): { readonly member: MemberId; readonly device: DeviceId } | null;
  claimHolder(client: number, room: RoomId): MemberId | null;
  /** No lease is above it, and none that was given before a restore; 0 when there is none. */
  highestLease(): number;
  /** Whether anybody holds the id, by lease or by claim in any room. */
  isClientTaken(client: number): boolean;
  /** Rooms whose work in other rooms is not over. */
  openJobs(): RoomId[];
  /** All rooms whose name starts so, by name, for restarts and export. */
  rooms(prefix: string): RoomHead[];
  /** Checkpoints of texts, versions, and who wrote what. */
  readonly history: HistoryStore;
  /** Reads and writes something, durably; throws when that is not possible. */
  probe(now: number): void;
  close(): void;
}
