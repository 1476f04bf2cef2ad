import type { IDBPTransaction } from 'idb';
import { asStorageError } from '../problems.ts';
import type { StoreName, WeftDb, WeftSchema } from './schema.ts';

/** The database as it is now: it may be closed under us (a newer version, the browser) and opened again. */
export type GetDb = () => Promise<WeftDb>;

export type WriteTx<Names extends StoreName[]> = IDBPTransaction<WeftSchema, Names, 'readwrite'>;
export type ReadTx<Names extends StoreName[]> = IDBPTransaction<WeftSchema, Names, 'readonly'>;

type Work<Names extends StoreName[], T> = (tx: WriteTx<Names>) => Promise<T>;

/** All or nothing, and on disk when it resolves: `strict` waits for the disk, browsers' default does not. */
export const write = <const Names extends StoreName[], T>(
  getDb: GetDb,
  stores: Names,
  work: Work<Names, T>,
): Promise<T> => change(getDb, stores, 'strict', work);

/**
 * All or nothing, and on disk by the next `write` at the latest: for what the relay gives again. After a power cut the
 * database is as it was at some earlier moment, and what it says of itself is true.
 */
export const writeSoon = <const Names extends StoreName[], T>(
  getDb: GetDb,
  stores: Names,
  work: Work<Names, T>,
): Promise<T> => change(getDb, stores, 'relaxed', work);

async function change<const Names extends StoreName[], T>(
  getDb: GetDb,
  stores: Names,
  durability: 'strict' | 'relaxed',
  work: Work<Names, T>,
): Promise<T> {
  try {
    const tx = (await getDb()).transaction(stores, 'readwrite', { durability });
    // Whoever waits for `done` hears of a failure there; without this line the browser reports it a second time.
    tx.done.catch(() => undefined);
    let value: T;
    try {
      value = await work(tx);
    } catch (error) {
      abort(tx);
      throw await causeOf(error, tx.done);
    }
    await tx.done;
    return value;
  } catch (error) {
    throw asStorageError(error);
  }
}

export async function read<const Names extends StoreName[], T>(
  getDb: GetDb,
  stores: Names,
  work: (tx: ReadTx<Names>) => Promise<T>,
): Promise<T> {
  try {
    const tx = (await getDb()).transaction(stores, 'readonly');
    tx.done.catch(() => undefined);
    return await work(tx);
  } catch (error) {
    throw asStorageError(error);
  }
}

/** When a whole transaction ends (a full disk), each of its requests says only that: the reason is the transaction's. */
async function causeOf(error: unknown, done: Promise<void>): Promise<unknown> {
  const isAbort = error instanceof DOMException && error.name === 'AbortError';
  return isAbort
    ? done.then(
        () => error,
        (why: unknown) => why,
      )
    : error;
}

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // It ended already, which is what was wanted.
  }
}
