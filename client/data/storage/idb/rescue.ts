import { deleteDB, openDB, type IDBPDatabase } from 'idb';
import type { RoomId } from '../../../../shared/base/ids.ts';
import {
  blobRowOf,
  type BlobRow,
  type DraftFileRow,
  type OutboxRow,
  type OwedRowValue,
  type UpdateRow,
  type WeftDb,
} from './schema.ts';

/** Something that is on this device only, and where it belongs. */
type Kept =
  | { readonly store: 'outbox'; readonly value: OutboxRow }
  | { readonly store: 'updates'; readonly value: UpdateRow }
  | { readonly store: 'blobs'; readonly value: BlobRow }
  | { readonly store: 'files'; readonly key: [RoomId, string]; readonly value: Blob }
  | { readonly store: 'owed'; readonly value: OwedRowValue }
  | { readonly store: 'drafts'; readonly key: string; readonly value: string }
  | { readonly store: 'draftFiles'; readonly value: DraftFileRow };

/** Where it waits while the database is made anew: a database of its own, so that a crash in between loses nothing. */
const asideName = (name: string): string => `${name}:rescued`;

const openAside = (name: string): Promise<IDBPDatabase> =>
  openDB(asideName(name), 1, { upgrade: (db) => void db.createObjectStore('kept', { autoIncrement: true }) });

/**
 * Reads whatever can be read of what only this device has, and keeps it aside. Rejects, having changed nothing, when the
 * database cannot even be opened as it is: it may be the disk, and what is there may be readable again tomorrow.
 */
export async function setAside(name: string): Promise<void> {
  const damaged = await openDB(name);
  const kept: Kept[] = [];
  try {
    for (const store of ['outbox', 'updates', 'blobs', 'drafts', 'draftFiles', 'owed'] as const)
      for (const { key, value } of await readable(damaged, store)) {
        const found = keepable(store, key, value);
        if (found) kept.push(found);
        if (found?.store === 'blobs') kept.push(...(await bytesOf(damaged, found.value, value)));
      }
  } finally {
    damaged.close();
  }
  const aside = await openAside(name);
  try {
    const tx = aside.transaction('kept', 'readwrite', { durability: 'strict' });
    for (const each of kept) void tx.store.put(each);
    await tx.done;
  } finally {
    aside.close();
  }
}

/** Puts what was kept aside into the new database; it is sent as if nothing had been. Tells how many things there were. */
export async function putBack(name: string, db: WeftDb): Promise<number> {
  const aside = await openAside(name);
  const kept = (await aside.getAll('kept')) as Kept[];
  aside.close();
  if (kept.length > 0) {
    const stores = ['outbox', 'updates', 'blobs', 'files', 'drafts', 'draftFiles', 'owed'] as const;
    const tx = db.transaction(stores, 'readwrite', { durability: 'strict' });
    for (const each of kept)
      if (each.store === 'drafts' || each.store === 'files')
        void tx.objectStore(each.store).put(each.value as never, each.key as never);
      else void tx.objectStore(each.store).put(each.value as never);
    await tx.done;
  }
  await deleteDB(asideName(name));
  return kept.length;
}

/** Nothing that was kept aside outlives a sign-out. */
export const forgetAside = (name: string): Promise<void> => deleteDB(asideName(name));

async function readable(
  db: IDBPDatabase,
  store: string,
  only: IDBValidKey | null = null,
): Promise<{ key: IDBValidKey; value: unknown }[]> {
  if (!db.objectStoreNames.contains(store)) return [];
  const found = [];
  // One by one: a row that cannot be read must not take the others with it.
  for (const key of await db.getAllKeys(store, only).catch(() => []))
    found.push({ key, value: (await db.get(store, key).catch(() => null)) as unknown });
  return found;
}

const has = <Key extends string>(value: unknown, ...keys: Key[]): value is Record<Key, unknown> =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);

/** The bytes of an unsent file: beside its row, or in it as an older version had them. */
async function bytesOf(damaged: IDBPDatabase, { room, hash, type }: BlobRow, row: unknown): Promise<Kept[]> {
  const key: [RoomId, string] = [room, hash];
  if (has(row, 'bytes') && row.bytes instanceof ArrayBuffer)
    return [{ store: 'files', key, value: new Blob([row.bytes], { type }) }];
  const [file] = (await readable(damaged, 'files', key)).map(({ value }) => value);
  return file instanceof Blob ? [{ store: 'files', key, value: file }] : [];
}

function keepable(store: Exclude<Kept['store'], 'files'>, key: IDBValidKey, value: unknown): Kept | null {
  switch (store) {
    case 'outbox': {
      if (!has(value, 'id', 'room', 'type', 'data')) return null;
      // Its place in the new outbox is given anew, in the same order.
      const { key: _, ...row } = value as unknown as OutboxRow;
      return { store, value: { ...row, seq: null } };
    }
    case 'updates':
      if (!has(value, 'room', 'bytes') || !(value.bytes instanceof Uint8Array)) return null;
      return has(value, 'unsent') || has(value, 'refused')
        ? { store, value: value as unknown as UpdateRow }
        : null;
    case 'blobs': {
      if (!has(value, 'room', 'hash', 'unsent')) return null;
      const { unsent: _, bytes, ...blob } = value as unknown as BlobRow & { bytes?: ArrayBuffer };
      const { name = '', size = bytes?.byteLength ?? 0 } = blob;
      return { store, value: blobRowOf({ ...blob, name, size, pending: true }) };
    }
    case 'owed':
      return has(value, 'room', 'by', 'at', 'bytes', 'receipt') && value.bytes instanceof Uint8Array
        ? { store, value: value as unknown as OwedRowValue }
        : null;
    case 'drafts':
      return typeof key === 'string' && typeof value === 'string' ? { store, key, value } : null;
    case 'draftFiles': {
      if (!has(value, 'room', 'id', 'name', 'file') || !(value.file instanceof Blob)) return null;
      const { key: _, ...row } = value as unknown as DraftFileRow;
      return { store, value: row };
    }
  }
}
