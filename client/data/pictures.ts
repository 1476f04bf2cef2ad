import type { RoomId } from '../../shared/base/ids.ts';
import { downloadBlob, sha256 } from './blobs.ts';
import type { BlobStore } from './storage/contract.ts';

/** Stores a picture as not sent yet; resolves to its SHA-256 in hex. */
export async function keepPicture(blobs: BlobStore, room: RoomId, blob: Blob, at: number): Promise<string> {
  const bytes = await blob.arrayBuffer();
  const hash = await sha256(bytes);
  await blobs.put({ room, hash, type: blob.type, bytes, at, pending: true, failure: null });
  return hash;
}

/** From this device, else from the relay; null when neither can give it. `notKept` hears why it could not be stored. */
export async function findPicture(
  blobs: BlobStore,
  room: RoomId,
  hash: string,
  at: number,
  notKept: (error: unknown) => void,
): Promise<Blob | null> {
  const here = await blobs.get(room, hash);
  if (here) return new Blob([here.bytes], { type: here.type });
  const fetched = await downloadBlob(room, hash);
  if (!fetched) return null;
  // Shown also where the device has no room to keep it.
  await blobs.put({ room, hash, ...fetched, at, pending: false, failure: null }).catch(notKept);
  return new Blob([fetched.bytes], { type: fetched.type });
}
