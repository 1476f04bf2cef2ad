import { crc32 } from 'node:zlib';
import type { Welcome } from '../../shared/protocol/messages.ts';
import { asStorageError } from '../storage/sqlite/open.ts';
import { sumOf } from '../storage/sqlite/sums.ts';
import { BackupError, reasonOf } from './backup-error.ts';
import { openAsItIs } from './copy-database.ts';

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

/** As in every shape a database of ours has had: columns that came later are looked at where they are there. */
interface Row {
  readonly cursor: number;
  readonly room: number;
  readonly seq: number;
  readonly by: string;
  readonly device: string;
  readonly at: number;
  readonly sum: number;
  readonly mark?: number;
  readonly bytes: Uint8Array;
}

/**
 * Reads all of a database that nobody has open: SQLite's own check, and the sum of every row.
 * @throws BackupError saying what is wrong with it
 */
export function verifyDatabase(file: string): DatabaseFacts {
  try {
    const database = openAsItIs(file);
    try {
      const found = database.pragma('integrity_check(3)') as { readonly integrity_check: string }[];
      const [first] = found;
      if (first?.integrity_check !== 'ok')
        throw new BackupError(`${file} is damaged: ${first?.integrity_check}.`);
      let rows = 0;
      let head = 0;
      const damaged: number[] = [];
      for (const row of database.prepare<[], Row>('SELECT * FROM rows ORDER BY cursor').iterate()) {
        const { cursor, room, seq, by, device, at, sum, mark, bytes } = row;
        const isSound =
          crc32(bytes) === sum &&
          (mark === undefined || sumOf(cursor, room, seq, by, device, at, sum) === mark);
        if (!isSound) damaged.push(cursor);
        rows++;
        head = cursor;
      }
      if (damaged.length > 0) {
        const shown = damaged.slice(0, 5).join(', ');
        throw new BackupError(
          `${file} is damaged: ${damaged.length} of ${rows} rows, the first are ${shown}.`,
        );
      }
      const meta = database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
      const pictures = database
        .prepare<[], { hash: string; size: number }>('SELECT DISTINCT hash, size FROM blobs ORDER BY hash')
        .all();
      return {
        workspace: meta.get('workspace') ?? '',
        epoch: meta.get('epoch') ?? '',
        epochs: JSON.parse(meta.get('epochs') ?? '[]') as Welcome['epochs'],
        head,
        rows,
        pictures,
      };
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`${file} cannot be read: ${reasonOf(asStorageError(error))}.`);
  }
}
