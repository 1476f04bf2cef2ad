/* IndexedDB by promises, as far as the guest's page uses it: a library for all of it would be a fortieth of its scripts. */

/** What a request answers. */
export const asked = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error!);
  });

/** `upgrade` makes what is missing; it may find a database of any earlier version. */
export function openDatabase(
  name: string,
  version: number,
  upgrade: (db: IDBDatabase, tx: IDBTransaction) => void,
): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, version);
  opening.onupgradeneeded = () => upgrade(opening.result, opening.transaction!);
  return asked(opening);
}

/** All of what `work` does, or nothing; resolves when the disk has it. */
export async function change(
  db: IDBDatabase,
  names: string[],
  work: (tx: IDBTransaction) => Promise<void>,
): Promise<void> {
  const tx = db.transaction(names, 'readwrite', { durability: 'strict' });
  const done = new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new DOMException('', 'AbortError'));
  });
  done.catch(() => undefined);
  await work(tx).catch((error: unknown) => {
    tx.abort();
    throw error;
  });
  await done;
}
