/* Files of the conversation on this device: own ones until the relay has them, and what was looked at. */
import type { Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { ok, type Result } from '../../shared/base/result.ts';
import { downloadBlob, hashOf } from '../data/blobs.ts';
import type { GuestStore } from './contract.ts';
import { kindOf, type ShownFile } from './messages.ts';
import { nameOf, prepare, typeOf } from './pictures.ts';

/** Files of others up to here are kept. Bytes. */
const keptUpTo = 8 * 1024 * 1024;

async function keepBytes(
  store: GuestStore,
  room: RoomId,
  bytes: Blob,
  name: string,
  pending: boolean,
): Promise<string> {
  const hash = await hashOf(bytes);
  const { size } = bytes;
  const at = Date.now();
  await store.keep({ room, hash, type: typeOf(bytes), name, size, bytes, at, pending, failure: null });
  return hash;
}

/** Keeps a chosen file as not sent yet, with a smaller picture of it where that serves; gives what a message says of it. */
export async function keepFile(store: GuestStore, room: RoomId, file: File): Promise<ShownFile> {
  const type = typeOf(file);
  const name = nameOf(file.name);
  const { small, ...facts } = kindOf({ type }) === 'picture' ? await prepare(file) : { small: null };
  const smaller = small ? { small: await keepBytes(store, room, small, name, true) } : {};
  const hash = await keepBytes(store, room, file, name, true);
  return { hash, name, size: file.size, type, ...facts, ...smaller };
}

/** From this device, else from the relay. */
export async function findFile(
  store: GuestStore,
  room: RoomId,
  hash: string,
): Promise<Result<Blob, Failure>> {
  const here = await store.file(hash);
  if (here) return ok(here.bytes);
  const fetched = await downloadBlob(room, hash, undefined, 'guest');
  // Shown also where the device has no room to keep it.
  if (fetched.ok && fetched.value.size <= keptUpTo)
    await keepBytes(store, room, fetched.value, '', false).catch(() => undefined);
  return fetched;
}
