import type { Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { downloadBlob, hashOf } from './blobs.ts';
import type { BlobStore } from './storage/contract.ts';

/** Larger files are played and saved from the relay, and not kept here. */
export const keptUpTo = 64 * 1024 * 1024;
/** All that is kept of what others sent; the oldest goes first. */
const keptInAll = 512 * 1024 * 1024;

/** What is known of a file that is to be kept. */
export interface KnownOfFile {
  readonly name?: string;
  /** Its SHA-256. */
  readonly hash?: string;
  /** The file it is a smaller picture of. */
  readonly smallOf?: string;
  /** Another room that has it: there the relay takes it from, where it may. */
  readonly from?: RoomId;
}

/** Stores a picture or file as not sent yet; resolves to its SHA-256 in hex. */
export async function keepBlob(
  blobs: BlobStore,
  room: RoomId,
  bytes: Blob,
  at: number,
  { name = '', hash, smallOf, from }: KnownOfFile = {},
): Promise<string> {
  const known = hash ?? (await hashOf(bytes));
  const { type, size } = bytes;
  const of = { ...(smallOf === undefined ? {} : { smallOf }), ...(from === undefined ? {} : { from }) };
  await blobs.put({ room, hash: known, type, name, size, bytes, ...of, at, pending: true, failure: null });
  return known;
}

/** What fetching a file tells while it runs. */
export interface FetchWatch {
  /** Bytes that came. */
  came?(bytes: number): void;
  /** Hears why it could not be stored: it is shown also where the device has no room to keep it. */
  notKept(error: unknown): void;
}

/** From this device, else from the relay. */
export async function findBlob(
  blobs: BlobStore,
  room: RoomId,
  hash: string,
  at: number,
  watch: FetchWatch,
): Promise<Result<Blob, Failure>> {
  const here = await blobs.get(room, hash);
  if (here?.bytes) return ok(here.bytes);
  const fetched = await downloadBlob(room, hash, watch.came?.bind(watch));
  if (!fetched.ok) return fetched;
  const bytes = fetched.value;
  const { type, size } = bytes;
  if (!here?.pending && size <= keptUpTo) {
    await blobs
      .put({ room, hash, type, name: '', size, bytes, at, pending: false, failure: null })
      .then(() => blobs.trim(keptInAll))
      .catch((error: unknown) => watch.notKept(error));
  }
  return ok(bytes);
}
