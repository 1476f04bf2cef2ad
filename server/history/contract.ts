import type { LogEntry } from '../../shared/access/kind.ts';
import type { Bytes } from '../../shared/base/bytes.ts';
import type { Failure } from '../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';

/** The moment of a version: that of the newest row in it. */
export interface VersionMoment {
  readonly seq: number;
  readonly cursor: number;
  readonly by: MemberId;
  readonly at: number;
  /** False when rows between this one and the moment asked for were merged with later ones. */
  readonly exact: boolean;
}

export interface TextVersion extends VersionMoment {
  /** The whole text as one Yjs update (version 1). */
  readonly update: Bytes;
}

export interface LogVersion extends VersionMoment {
  /** The newest of the entries up to then, and the position of the first of them. */
  readonly from: number;
  readonly entries: readonly LogEntry[];
  /** What all entries up to then come to, as JSON. */
  readonly state: unknown;
}

/** Something a person did in one go: rows of one author without a long pause. */
export interface Version {
  readonly seq: number;
  readonly cursor: number;
  readonly by: MemberId;
  /** When the last and when the first of its rows was stored. */
  readonly at: number;
  readonly since: number;
  readonly rows: number;
  /** Bytes of its rows. */
  readonly size: number;
  /** True when the single steps in it are not kept: `by` is the author of the last. */
  readonly merged: boolean;
}

export interface Versions {
  /** Newest first. */
  readonly versions: readonly Version[];
  /** Ask again with this `before` for older ones; null when there are none. */
  readonly next: number | null;
}

/** A place in a text: keys of maps and attributes, positions in sequences, from the name of a root on. */
export type Path = readonly (string | number)[];

export interface AttributionQuery {
  /** Null for the whole document, block by block. */
  readonly path: Path | null;
  /** Positions in the sequence, or numbers of blocks. */
  readonly from: number;
  readonly to: number;
}

/** What was in a room at other times, and who put it there. Rights are the caller's business. */
export interface History {
  /** A text as it was at a moment. `room-not-found` before it was there, `not-kept` when nothing that old is kept. */
  textAt(room: RoomId, at: number): Promise<Result<TextVersion, Failure>>;
  /** Of a log only what is at `first` and after it; before that the room was not there. The state is of all entries. */
  logAt(room: RoomId, at: number, limit: number, first: number): Promise<Result<LogVersion, Failure>>;
  /** Versions that end before a position in the room, of rows from `first` on. */
  versions(room: RoomId, before: number, limit: number, first: number): Promise<Versions>;
  /** An `Attribution` as JSON; `not-found` when the path leads nowhere. */
  attribution(room: RoomId, query: AttributionQuery): Promise<Result<Bytes, Failure>>;
  /** Everything that waits for a quiet hour: the index, old rows, what a crash left behind. Never fails. */
  tend(): Promise<void>;
}

/** Who wrote something, and when. Null where the relay does not know. */
export interface Author {
  readonly by: MemberId | null;
  readonly at: number | null;
  /** The Yjs client id it was written under. */
  readonly client: number;
}

export interface AuthoredRun extends Author {
  readonly from: number;
  readonly to: number;
}

/** Something that was there before `position` and is not any more: `length` Yjs clocks of it. */
export interface DeletedRun extends Author {
  readonly position: number;
  readonly length: number;
  readonly deletedBy: MemberId | null;
  readonly deletedAt: number | null;
}

export interface AuthoredBlock {
  readonly path: Path;
  /** By whom and when the block itself was made; for text right under a root, its first character. */
  readonly made: Author;
  /** The newest of what is in it. */
  readonly last: Author;
  /** How much of what is in it (characters, elements, values) comes from whom. */
  readonly writers: readonly { readonly by: MemberId | null; readonly amount: number }[];
}

export type Attribution =
  | {
      readonly of: 'sequence';
      readonly length: number;
      readonly runs: readonly AuthoredRun[];
      readonly deletions: readonly DeletedRun[];
    }
  | {
      readonly of: 'value';
      /** Null when the key holds nothing now. */
      readonly current: Author | null;
      readonly removed: Pick<DeletedRun, 'deletedBy' | 'deletedAt'> | null;
      /** Who wrote it before, newest first. */
      readonly earlier: readonly Author[];
    }
  | { readonly of: 'blocks'; readonly count: number; readonly blocks: readonly AuthoredBlock[] };
