import type { RoomId } from '../../shared/base/ids.ts';
import type { Welcome } from '../../shared/protocol/messages.ts';
import { asStorageError, openDatabase } from '../storage/sqlite/open.ts';
import { createSqliteStore } from '../storage/sqlite/store.ts';
import { StorageError } from '../storage/storage-error.ts';
import { BackupError, reasonOf } from './backup-error.ts';

/** What a database says of itself. */
export interface DatabaseFacts {
  readonly workspace: string;
  readonly epoch: string;
  readonly epochs: Welcome['epochs'];
  /** Its newest cursor. */
  readonly head: number;
  readonly rows: number;
  readonly pictures: readonly { readonly hash: string; readonly size: number }[];
}

/** Rows read at once. */
const atOnce = 50;

/**
 * Reads all of a database that nobody has open: SQLite's own check, and every row with its sums, as a relay would. Brings
 * it to the newest shape.
 * @throws BackupError saying what is wrong with it
 */
export function verifyDatabase(file: string): DatabaseFacts {
  try {
    const database = openDatabase(file, { durability: 'full' });
    try {
      const found = database.pragma('integrity_check(3)') as { readonly integrity_check: string }[];
      if (found[0]?.integrity_check !== 'ok')
        throw new BackupError(`${file} is damaged: ${found[0]?.integrity_check}.`);
      const store = createSqliteStore(database);
      const damaged: RoomId[] = [];
      let rows = 0;
      for (const { room, rows: next } of store.rooms('')) {
        try {
          for (let from = 0; from < next;) {
            const some = store.rowsFrom(room, from, atOnce);
            rows += some.length;
            from = (some.at(-1)?.seq ?? next) + 1;
          }
        } catch (error) {
          if (!(error instanceof StorageError && error.reason === 'damaged')) throw error;
          damaged.push(room);
        }
      }
      if (damaged.length > 0)
        throw new BackupError(`${file} is damaged: rows of ${damaged.slice(0, 5).join(', ')}.`);
      const pictures = database
        .prepare<[], { hash: string; size: number }>(
          'SELECT DISTINCT hash, size FROM blobs WHERE removed_at IS NULL ORDER BY hash',
        )
        .all();
      const { workspace, epoch, epochs } = store;
      return { workspace, epoch, epochs, head: store.head(), rows, pictures };
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`${file} cannot be read: ${reasonOf(asStorageError(error))}.`);
  }
}
