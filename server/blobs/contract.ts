import type { Failure } from '../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';

/** A picture as it belongs to a room. Its bytes may belong to several rooms and are kept once. */
export interface BlobInfo {
  readonly room: RoomId;
  /** SHA-256 of the bytes, 64 lower-case hexadecimal digits. */
  readonly hash: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly by: MemberId;
  readonly at: number;
}

export interface Upload {
  readonly room: RoomId;
  readonly hash: string;
  readonly by: MemberId;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Asked when all bytes are there, which may be minutes later. */
  mayStill(): Result<true, Failure>;
}

export interface Blobs {
  /**
   * Stores the bytes, durable when it resolves. Refuses with `too-large`, `not-a-picture`, and `bad-request` when the
   * hash is not that of the bytes; nothing is left behind then.
   */
  put(upload: Upload): Promise<Result<BlobInfo, Failure>>;
  /** Null when the room has no such picture. */
  find(room: RoomId, hash: string): BlobInfo | null;
  /** Null when the bytes are missing, for example after a backup without its files. */
  open(info: BlobInfo): Promise<ReadableStream<Uint8Array> | null>;
}

/** Which picture belongs to which room; on the same database as the rooms. */
export interface BlobIndex {
  find(room: RoomId, hash: string): BlobInfo | null;
  insert(info: BlobInfo): void;
}
