import type { Actor, Decision } from '../../shared/access/actor.ts';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { Bytes } from '../../shared/base/bytes.ts';
import type { ErrorCode, Failure } from '../../shared/base/errors.ts';
import type { CommandId, DeviceId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';
import type { DirectoryState } from '../../shared/features/directory/schema.ts';
import type { Command, CommandResult, HandedResult, HandedRow } from '../../shared/protocol/messages.ts';
import type { History } from '../history/contract.ts';
import type { RoomHead, StoredRow } from '../storage/contract.ts';
import type { Window } from './access.ts';

/** Who is on the other side of a socket or request, as the session says. */
export interface Caller {
  readonly member: MemberId;
  readonly session: string;
  readonly device: DeviceId;
}

/** One end of a socket as the relay sees it. The same `Bytes` object may be sent to many links: it is framed once. */
export interface Link {
  /** Sends whole messages, in order, in one write. */
  send(messages: readonly Bytes[]): void;
  /**
   * Ends the connection with the close code of the error; nothing is sent after it. What the network has not taken yet
   * still goes out before, unless its receiver has lost the right to it (`drop`): then the connection is cut.
   */
  close(code: ErrorCode, message: string, unsent?: 'drop'): void;
  /** Bytes accepted by `send` that the network has not taken yet. */
  readonly buffered: number;
}

/** What the socket's owner tells the relay. Neither throws. */
export interface Connection {
  receive(message: Uint8Array): void;
  /** The other side is gone, or silent for too long. */
  gone(): void;
  /** It sent more than the rate allows, and is not read for so many milliseconds. */
  slowed?(milliseconds: number): void;
  /** What it wanted stored last was refused. */
  isRefused?(): boolean;
}

/** A fact of the relay's own (`kind.facts`), as somebody's doing. */
export interface RelayFact {
  readonly room: RoomId;
  readonly type: string;
  readonly by: MemberId;
  readonly data: unknown;
  /** Begins with `factPrefix`; without it the next one of the room. */
  readonly id?: CommandId;
}

/** Files of rooms, as far as the relay itself has to do with them. */
export interface RoomFiles {
  has(room: RoomId, hash: string): boolean;
  /** Lets a file of one room belong to another one too, inside the transaction that is going on; it stays its sender's. */
  share(from: RoomId, to: RoomId, hash: string): void;
}

/** What sign-in, HTTP routes and jobs may ask of the relay. */
export interface Relay {
  readonly workspace: WorkspaceId;
  readonly epoch: string;
  /** Null when the member is unknown. People who left are actors with `active: false`. */
  actor(member: MemberId): Actor | null;
  directory(): DirectoryState;
  mayRead(member: MemberId, room: RoomId): Decision;
  mayWrite(member: MemberId, room: RoomId): Decision;
  /** Whether the member may keep a file with the room. */
  mayAttach(member: MemberId, room: RoomId): Decision;
  /** Judges, stores and answers one command; resolves when durable. */
  command(caller: Caller, command: Command): Promise<CommandResult>;
  /** Notes that a device kept the command to itself because a word rule holds it, where one does. Null, or why it may not be. */
  noteHeld(caller: Caller, command: Command): Failure | null;
  /** Gates and stores one update of a text room, as a device's socket would; resolves when durable. */
  update(
    caller: Caller,
    room: RoomId,
    bytes: Uint8Array,
  ): Promise<Result<{ readonly cursor: number }, Failure>>;
  /** Draws client ids for a device; resolves when durable. */
  lease(caller: Caller, count: number): Promise<readonly number[]>;
  /**
   * Appends a fact of the relay's own (`kind.facts`); `also` runs inside the same transaction. What `also` throws
   * rejects, and nothing is stored then.
   */
  appendFact(room: RoomId, type: string, by: MemberId, data: unknown, also?: () => void): Promise<void>;
  /** Several of them, in their order, in one transaction. */
  appendFacts(facts: readonly RelayFact[], also?: () => void): Promise<void>;
  /** Tells of every row of a log that was stored, after it was shown to its readers. For work that is done beside the relay. */
  whenStored(tell: (rows: readonly StoredRow[]) => void): void;
  /** Where files are kept: without them no work is done that gives files to other rooms. */
  keepsFiles(files: RoomFiles): void;
  /** Null while nobody keeps them. */
  files(): RoomFiles | null;
  /** The highest number of a command of that device that is settled or queued to be. */
  lastCommand(device: DeviceId): number;
  /** Takes somebody who left out of everything that went on without them (`kind.letGo`), before they come back. */
  letGo(member: MemberId): Promise<void>;
  /** Takes rows back after a restore, as from a device; those that others must come before are tried a second time. */
  takeBack(rows: readonly HandedRow[]): Promise<readonly HandedResult[]>;
  /** Whether a device of this member has its socket open. */
  isConnected(member: MemberId): boolean;
  /** What somebody is called, members and guests; empty where nobody knows. */
  nameOf(member: MemberId): string;
  /** Rooms whose name begins so, by name. */
  rooms(prefix: string): RoomHead[];
  /** How many rows a room has: the next seq. */
  head(room: RoomId): number;
  /** The reduced state of a log room; rights are the caller's business. */
  state(room: RoomId): unknown;
  /** Rooms the member may read, by cursor. */
  readable(member: MemberId): RoomHead[];
  /** What of a room somebody who may read it may know. */
  window(member: MemberId, room: RoomId): Window;
  /**
   * Stored entries of a log room from a seq on, as far as this member may know them if they may read it (`mayRead`); null
   * for whoever runs the relay, who may know them all. Whoever may know only a part gets one entry that says it.
   */
  entries(reader: MemberId | null, room: RoomId, from: number, limit: number): LogEntry[];
  /**
   * A text room as one Yjs update (version 1), committed rows only: at once, whatever that takes, or in slices between
   * which others have their turn.
   */
  text(room: RoomId): Uint8Array;
  textInSlices(room: RoomId): Promise<Result<Uint8Array, Failure>>;
  /** What was in rooms before, and who wrote it; rights are the caller's business. */
  readonly history: History;
  /** Ends all sockets of a session, or of a member, at once; nothing is delivered or accepted after it returns. */
  endSession(session: string): void;
  endMember(member: MemberId): void;
  /** A device's socket. `authenticate` is asked at the hello, with its token if it has one. */
  connectDevice(link: Link, authenticate: (token: string | undefined) => Caller | null): Connection;
  /** A plain y-websocket client of one room. Refused when the caller may not read it. */
  connectPlain(link: Link, caller: Caller, room: RoomId): Result<Connection, Failure>;
  /** True when it can read and append; otherwise the reason. Rooms that wait for repair are only counted. */
  health():
    { readonly ok: true; readonly damagedRooms?: number } | { readonly ok: false; readonly reason: string };
  /** Takes no more work, commits what is queued, closes sockets with "come back" (1012). */
  stop(): Promise<void>;
}

/** How the relay learns who is calling; implemented by `server/auth`. */
export interface Sessions {
  /** Null for a token that is unknown, ended or expired. */
  verify(token: string): Caller | null;
  /** Called when the relay saw the device, so that its list says when. */
  seen(session: string): void;
}
