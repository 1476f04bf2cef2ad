import { open, type FileHandle } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { asStorageError, type SqliteDatabase } from '../storage/sqlite/open.ts';
import { sumOf, type Value } from '../storage/sqlite/sums.ts';

/** Milliseconds that one step may keep everybody else waiting; pages per step follow from it. */
const longestStep = 3;
const fewestPages = 8;
const mostPages = 2_000;
/** Pages after which the copy is synced, so that the last sync has little to do. */
const pagesBetweenSyncs = 2_048;

/**
 * Copies an open database as it is at the end of the copying, in small steps: whoever has it open goes on reading and
 * writing. Durable when it resolves.
 * @throws StorageError
 */
export async function copyDatabase(database: SqliteDatabase, file: string): Promise<void> {
  let handle: FileHandle | null = null;
  let pages = fewestPages;
  let began = performance.now();
  let unsynced = 0;
  let syncing: Promise<unknown> | null = null;
  try {
    await database.backup(file, {
      progress() {
        const took = performance.now() - began;
        if (!syncing) {
          unsynced += pages;
          pages = Math.round(
            Math.min(mostPages, Math.max(fewestPages, (pages * longestStep) / (took + 0.1))),
          );
        }
        if (unsynced >= pagesBetweenSyncs && !syncing) {
          unsynced = 0;
          syncing = sync().finally(() => (syncing = null));
        }
        began = performance.now();
        // Nothing is copied while the disk is busy with what was: writes would wait for it, and with them the relay.
        return syncing ? 0 : pages;
      },
    });
    await syncing;
    await sync();
  } catch (error) {
    throw asStorageError(error);
  } finally {
    await (handle as FileHandle | null)?.close();
  }

  async function sync(): Promise<void> {
    handle ??= await open(file, 'r+');
    await handle.sync();
  }
}

/**
 * Opens a database as it is, without bringing it to the newest shape, for this process alone.
 * @throws StorageError
 */
export function openAsItIs(file: string): SqliteDatabase {
  let database: SqliteDatabase | null = null;
  try {
    database = new Database(file, { timeout: 500, fileMustExist: true });
    database.function('weft_sum', { deterministic: true, varargs: true }, (...values: Value[]) =>
      sumOf(...values),
    );
    database.pragma('locking_mode = EXCLUSIVE');
    // The lock is taken with the first read.
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return database;
  } catch (error) {
    database?.close();
    throw asStorageError(error);
  }
}
