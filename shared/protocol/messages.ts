import type { LogEntry } from '../access/kind.ts';
import type { Role } from '../access/actor.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { CommandId, DeviceId, MemberId, RoomId, WorkspaceId } from '../base/ids.ts';
import type { Limits } from './limits.ts';

/** A command: somebody's wish to add to a log room. `n` rises by one with every command of the device. */
export interface Command {
  readonly id: CommandId;
  readonly n: number;
  readonly room: RoomId;
  readonly type: string;
  readonly data: unknown;
}

/** First frame of a device. `token` only where there is no cookie and no subprotocol. */
export interface Hello {
  readonly version: number;
  readonly schema: number;
  readonly device: DeviceId;
  readonly token?: string;
}

export interface Welcome {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
  readonly role: Role;
  /** Changes when the relay was restored from a backup: cursors of another epoch mean nothing. */
  readonly epoch: string;
  /**
   * Epochs before this one, oldest first, and the cursor up to which the next epoch went on from each: what a device
   * of an old epoch holds beyond the lowest `until` since then, the relay has lost.
   */
  readonly epochs: readonly { readonly epoch: string; readonly until: number }[];
  /** Rows up to this cursor of this epoch are in a verified backup; 0 when there is none. */
  readonly backedUp: number;
  /** The highest cursor at this moment; every later row of a readable room is pushed. */
  readonly head: number;
  /** The relay's clock, milliseconds since 1970. */
  readonly now: number;
  /** The highest `n` of this device that the relay has settled. */
  readonly lastCommand: number;
  readonly limits: Limits;
  readonly version: string;
}

/** A room that changed: its newest cursor, and who changed it when. */
export interface ChangedRoom {
  readonly room: RoomId;
  readonly cursor: number;
  readonly by: MemberId;
  readonly at: number;
}

export interface Changed {
  readonly rooms: readonly ChangedRoom[];
  /** Ask again from here; equal to `head` when the list is complete. */
  readonly next: number;
  readonly head: number;
}

/** One stored row of a room as it travels. For a log room `bytes` is the Yjs update that adds the entry at `seq`. */
export interface Row {
  readonly room: RoomId;
  readonly cursor: number;
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
  readonly bytes: Uint8Array;
  /** The relay's proof that it took these bytes from `by` at `at`; 16 bytes. */
  readonly receipt: Uint8Array;
}

/** A row that a restored relay has lost, as a device got it; `seq` is where it was then. */
export type HandedRow = Omit<Row, 'cursor'>;

/**
 * What became of a row that was handed back: taken now, there already, or refused. `room-not-found` and
 * `update-missing-reference` mean that something before it has to be handed back first.
 */
export type HandedResult = 'taken' | 'known' | ErrorCode;

/** A client id with the relay's proof that it leased it to this device; 16 bytes. */
export interface HeldLease {
  readonly id: number;
  readonly receipt: Uint8Array;
}

/** What a device asks of one room. A text by `cursor` (0 = all), a log by `have` (number of entries it holds up to the head). */
export interface Want {
  readonly room: RoomId;
  readonly cursor: number;
  readonly have: number;
}

export interface TextContent {
  readonly room: RoomId;
  readonly kind: 'text';
  readonly cursor: number;
  readonly by: MemberId;
  readonly at: number;
  /** True when `updates` is the whole document, not what was missing. */
  readonly whole: boolean;
  readonly updates: readonly Uint8Array[];
  /** Of each update, when it is a row as it was stored; empty when `whole`. */
  readonly rows: readonly Pick<Row, 'cursor' | 'by' | 'at' | 'receipt'>[];
}

export interface LogContent {
  readonly room: RoomId;
  readonly kind: 'log';
  readonly cursor: number;
  /** Position of the first entry in `bytes`. */
  readonly from: number;
  /** Number of entries in the whole log after these. */
  readonly head: number;
  /** The reduced state before `from` as JSON; null when `from` is 0 or what the device had reaches up to it. */
  readonly base: unknown;
  /** The entries from `from` on, as they are reduced. */
  readonly entries: readonly LogEntry[];
  /** Of each entry. */
  readonly receipts: readonly Uint8Array[];
}

export type RoomContent = TextContent | LogContent;

export type ClientMessage =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'changes'; readonly request: number; readonly since: number }
  | { readonly type: 'pull'; readonly request: number; readonly wants: readonly Want[] }
  | {
      readonly type: 'history';
      readonly request: number;
      readonly room: RoomId;
      readonly before: number;
      readonly limit: number;
    }
  | { readonly type: 'update'; readonly request: number; readonly room: RoomId; readonly bytes: Uint8Array }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'lease'; readonly request: number; readonly count: number }
  | { readonly type: 'watch'; readonly room: RoomId }
  | { readonly type: 'unwatch'; readonly room: RoomId }
  | { readonly type: 'awareness'; readonly room: RoomId; readonly bytes: Uint8Array }
  | { readonly type: 'ping' }
  | { readonly type: 'handback'; readonly request: number; readonly rows: readonly HandedRow[] }
  | { readonly type: 'reclaim'; readonly request: number; readonly leases: readonly HeldLease[] };

/** How a command ended. Told once per connection that sent it, and again whenever the same id is sent again. */
export type CommandResult =
  | { readonly id: CommandId; readonly ok: true; readonly seq: number | null; readonly cursor: number }
  | { readonly id: CommandId; readonly ok: false; readonly code: ErrorCode; readonly message: string };

export type RelayMessage =
  | { readonly type: 'welcome'; readonly welcome: Welcome }
  | { readonly type: 'changed'; readonly request: number; readonly changed: Changed }
  | {
      readonly type: 'batch';
      readonly request: number;
      readonly rooms: readonly RoomContent[];
      readonly missing: readonly RoomId[];
      /** Stored data of these is damaged: keep what is here and ask again after a while. */
      readonly damaged: readonly RoomId[];
    }
  | { readonly type: 'history'; readonly request: number; readonly content: LogContent | null }
  | { readonly type: 'rows'; readonly rows: readonly Row[] }
  | { readonly type: 'acked'; readonly request: number; readonly cursor: number }
  | { readonly type: 'refused'; readonly request: number; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'result'; readonly result: CommandResult }
  | {
      readonly type: 'leased';
      readonly request: number;
      readonly ids: readonly number[];
      /** Of each id, for `reclaim`. */
      readonly receipts: readonly Uint8Array[];
    }
  | { readonly type: 'awareness'; readonly room: RoomId; readonly bytes: Uint8Array }
  | { readonly type: 'presence'; readonly online: readonly MemberId[] }
  | { readonly type: 'lost'; readonly room: RoomId }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly message: string }
  | { readonly type: 'pong' }
  | { readonly type: 'handed'; readonly request: number; readonly results: readonly HandedResult[] }
  | {
      /** Nothing is refused and the connection stays: the device should know, and may tell its person. */
      readonly type: 'notice';
      readonly code: ErrorCode;
      readonly message: string;
      /** Milliseconds. */
      readonly retryAfter: number;
    };
