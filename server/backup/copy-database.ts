import { open, type FileHandle } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { asStorageError, type SqliteDatabase } from '../storage/sqlite/open.ts';

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
  const syncing = createSyncing(file);
  let pages = fewestPages;
  let began = performance.now();
  let unsynced = 0;
  try {
    await database.backup(file, {
      progress() {
        const took = performance.now() - began;
        began = performance.now();
        // Nothing is copied while the disk is busy with what was: writes would wait for it, and with them the relay.
        if (syncing.busy()) return 0;
        unsynced += pages;
        pages = Math.round(Math.min(mostPages, Math.max(fewestPages, (pages * longestStep) / (took + 0.1))));
        if (unsynced < pagesBetweenSyncs) return pages;
        unsynced = 0;
        syncing.begin();
        return 0;
      },
    });
    await syncing.end();
  } catch (error) {
    throw asStorageError(error);
  } finally {
    await syncing.close();
  }
}

/** Syncs a file beside everything else; what the disk says is thrown when it is asked for next. */
function createSyncing(file: string) {
  let handle: FileHandle | null = null;
  let running: Promise<void> | null = null;
  let failed: Error | null = null;
  const sync = async (): Promise<void> => {
    try {
      handle ??= await open(file, 'r+');
      await handle.sync();
    } catch (error) {
      failed = error instanceof Error ? error : new Error(String(error));
    }
  };
  const check = (): void => {
    if (failed) throw failed;
  };
  return {
    busy() {
      check();
      return running !== null;
    },
    begin() {
      running = sync().finally(() => (running = null));
    },
    async end() {
      await running;
      await sync();
      check();
    },
    async close() {
      await running;
      await handle?.close();
    },
  };
}

/**
 * Opens a database as it is, without bringing it to the newest shape, for this process alone.
 * @throws StorageError
 */
export function openAsItIs(file: string): SqliteDatabase {
  let database: SqliteDatabase | null = null;
  try {
    database = new Database(file, { timeout: 500, fileMustExist: true });
    database.pragma('locking_mode = EXCLUSIVE');
    // The lock is taken with the first read.
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return database;
  } catch (error) {
    database?.close();
    throw asStorageError(error);
  }
}
