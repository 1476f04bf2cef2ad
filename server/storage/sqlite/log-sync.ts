import { closeSync, fdatasync, openSync } from 'node:fs';
import { StorageError } from '../storage-error.ts';
import { tellUnsure } from './guard.ts';
import type { SqliteDatabase } from './open.ts';

/**
 * Syncs the write-ahead log of an open database on another thread, while commits go on being written to it. Knows which
 * commits may have the mark of `wal.ts`: at no time may two of them be unsynced, or a power cut would look like damage.
 */
export interface LogSync {
  /** Every commit that has the mark is synced. */
  readonly mayMark: boolean;
  /** A commit with the mark was written. */
  marked(): void;
  /** Everything that was written is synced. */
  synced(): void;
  /** Calls `done` with null when what is written now is synced. Once that failed it fails for ever. */
  sync(done: (why: StorageError | null) => void): void;
  /** @throws StorageError when a sync failed: nothing may be written behind what may be lost */
  expectSure(): void;
  close(): void;
}

/** The log must be there: a synced commit has been written to it. */
export function openLogSync(database: SqliteDatabase): LogSync {
  // A descriptor of the log, which nobody locks: closing one of the database would take SQLite's lock away.
  const file = openSync(`${database.name}-wal`, 'r');
  let marks = 0;
  let syncedMarks = 0;
  let unsure: StorageError | null = null;
  let onTheirWay = 0;
  let isClosed = false;
  const closeWhenIdle = (): void => {
    if (isClosed && onTheirWay === 0) closeSync(file);
  };
  return {
    get mayMark() {
      return marks === syncedMarks;
    },
    marked: () => void marks++,
    synced: () => void (syncedMarks = marks),
    sync(done) {
      if (unsure) return done(unsure);
      const covered = marks;
      onTheirWay++;
      fdatasync(file, (error) => {
        onTheirWay--;
        if (isClosed) return closeWhenIdle();
        if (error) {
          unsure = new StorageError('unsure', error.message, { cause: error });
          tellUnsure(database, unsure);
        } else syncedMarks = Math.max(syncedMarks, covered);
        done(unsure);
      });
    },
    expectSure() {
      if (unsure) throw unsure;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      closeWhenIdle();
    },
  };
}
