import Database from 'better-sqlite3';
import { StorageError } from '../storage-error.ts';

const damaged = /^SQLITE_(CORRUPT|NOTADB)/;
const taken = /^SQLITE_(BUSY|LOCKED)/;
const unsynced = /^SQLITE_IOERR_(DIR_)?FSYNC$/;

/** What SQLite throws, as one of our reasons; other errors (of `also`, bugs) stay as they are. */
export function asStorageError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const cause = { cause: error };
  if (taken.test(error.code))
    return new StorageError('locked', 'another process has the data folder open', cause);
  if (damaged.test(error.code)) return new StorageError('damaged', error.message, cause);
  const reason = unsynced.test(error.code) ? 'unsure' : 'disk';
  return new StorageError(reason, `${error.code}: ${error.message}`, cause);
}

const tellers = new WeakMap<Database.Database, (error: StorageError) => void>();

/** From now on `tell` is called, before anybody else hears of it, when a sync of this database fails. */
export function whenUnsure(database: Database.Database, tell: (error: StorageError) => void): void {
  tellers.set(database, tell);
}

export const tellUnsure = (database: Database.Database, error: StorageError): void =>
  tellers.get(database)?.(error);

/** Runs code that reads or writes the database; whatever SQLite throws leaves as a StorageError. */
export function guarded<T>(database: Database.Database, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const known = asStorageError(error);
    if (known instanceof StorageError && known.reason === 'unsure') tellUnsure(database, known);
    throw known;
  }
}
