import type { Failure } from '../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';

/** A file as it belongs to a room. Its bytes may belong to several rooms and are kept once. */
export interface BlobInfo {
  readonly room: RoomId;
  /** SHA-256 of the bytes, 64 lower-case hexadecimal digits. */
  readonly hash: string;
  /** How it is served, told from its first bytes. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Who put it there first. */
  readonly by: MemberId;
  readonly at: number;
  /** When its time was over and the bytes went; null while they are kept. */
  readonly removedAt: number | null;
}

/** What a room takes: documents show pictures, conversations carry anything, the directory small pictures of people. */
export type Takes = 'pictures' | 'files' | 'faces';

/** Who sends which file to which room. What one member has sent of it says nothing about another. */
export interface UploadName {
  readonly room: RoomId;
  readonly hash: string;
  readonly by: MemberId;
}

interface Incoming extends UploadName {
  /** Asked when all bytes are there, which may be minutes later. */
  mayStill(): Result<true, Failure>;
}

/** A picture in one request. */
export interface Upload extends Incoming {
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** The next part of a file. */
export interface Piece extends Incoming {
  readonly bytes: ReadableStream<Uint8Array>;
  readonly takes: Takes;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Where this part begins: as many bytes as were received before. */
  readonly at: number;
}

export interface Progress {
  /** Bytes of the file that are here. */
  readonly received: number;
  /** The file belongs to the room, durable. */
  readonly stored: boolean;
}

export interface Blobs {
  /**
   * Stores a picture, durable when it resolves. Refuses with `too-large`, `not-a-picture`, `quota-reached`, and
   * `bad-request` when the hash is not that of the bytes; nothing is left behind then.
   */
  put(upload: Upload): Promise<Result<BlobInfo, Failure>>;
  /**
   * Takes the next part of a file; what was received before the connection broke stays, also over a restart. A newer part
   * ends an older one that is still on its way. Refuses with `out-of-order` and `details.received` when the part does not
   * begin there, and otherwise as `put`.
   * @throws what the disk says when it takes no more; what it took counts as received
   */
  receive(piece: Piece): Promise<Result<Progress, Failure>>;
  progress(upload: UploadName): Progress;
  /** Bytes received from whoever has sent most of it; null when nobody is sending it. */
  arriving(room: RoomId, hash: string): number | null;
  /** Forgets what was received and did not become a file. */
  cancel(upload: UploadName): Promise<void>;
  /** Lets a file of one room belong to another one too. The rights in both are the caller's business. */
  copy(from: RoomId, to: UploadName, takes: Takes): Result<BlobInfo, Failure>;
  /** Null when the room has no such file. */
  find(room: RoomId, hash: string): BlobInfo | null;
  /** From byte `first` to byte `last`, without them all of it. Null when the bytes are missing. */
  open(
    info: BlobInfo,
    range?: { readonly first: number; readonly last: number },
  ): Promise<ReadableStream<Uint8Array> | null>;
  /**
   * Forgets unfinished uploads that nobody went on with for a week, removes what no message names any more, and files of
   * conversations older than `days`; 0: none. Of the files of `faces` only those stay that are not a day old or that somebody
   * shows.
   */
  tend(days: number, faces?: Faces): Promise<void>;
}

/** A room of small pictures, and which of them anybody shows. */
export interface Faces {
  readonly room: RoomId;
  isShown(hash: string): boolean;
}

/** Which file belongs to which room; on the same database as the rooms. */
export interface BlobIndex {
  find(room: RoomId, hash: string): BlobInfo | null;
  /** A room that has the file already keeps what is known of it, unless it was removed. */
  insert(info: BlobInfo): void;
  /** Whether any room, or one to which `by` put it, still has the bytes. */
  has(hash: string, by?: MemberId): boolean;
  /** Bytes that each member put into rooms, and all files together; a file in several rooms counts once. */
  usage(): { readonly all: number; readonly members: ReadonlyMap<MemberId, number> };
  /** Files of rooms of one kind that were put there before, oldest first. */
  before(kind: string, at: number, limit: number): BlobInfo[];
  /** Files of a room that were put there before. */
  of(room: RoomId, before: number): BlobInfo[];
  markRemoved(room: RoomId, hash: string, at: number): void;
  /** Files that no message of their room names any more: `find` has none of them, `has` and `usage` still count them. */
  unnamed(limit: number): BlobInfo[];
  unnamedAs(room: RoomId, hash: string): BlobInfo | null;
  /** Forgets that the room ever had it. */
  drop(room: RoomId, hash: string): void;
}
