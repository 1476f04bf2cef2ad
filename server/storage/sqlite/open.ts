import { randomBytes, randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { newId } from '../../../shared/base/ids.ts';
import { StorageError } from '../storage-error.ts';
import { asStorageError } from './guard.ts';
import type { Migration } from './migration.ts';
import { migrations as allMigrations } from './migrations.ts';
import { identitySum, sumOf, type Value } from './sums.ts';
import { logDamage } from './wal.ts';

export { asStorageError };

export type SqliteDatabase = Database.Database;

export interface OpenOptions {
  /** `full`: a commit survives a power cut; `process`: it survives the death of the process. */
  readonly durability: 'full' | 'process';
  readonly migrations?: readonly Migration[];
  /** `cut`: goes on before the damage of a write-ahead log, and loses what is behind it. Otherwise it is refused. */
  readonly damagedLog?: 'cut';
}

/** Bytes of the write-ahead log that are kept when all of it is in the database: writing over is quicker than growing. */
const largestIdleLog = 40 * 1024 * 1024;

/**
 * Opens the one database file for this process alone and brings it to the newest shape.
 * @throws StorageError `locked`, `newer`, `damaged` or `disk`
 */
export function openDatabase(file: string, options: OpenOptions): SqliteDatabase {
  let database: SqliteDatabase | null = null;
  try {
    if (options.durability === 'full' && options.damagedLog !== 'cut') expectWholeLog(file);
    database = new Database(file, { timeout: 500 });
    // Tables whose rows have a sum let the database itself compute it at every write.
    database.function('weft_sum', { deterministic: true, varargs: true }, (...values: Value[]) =>
      sumOf(...values),
    );
    // Only a file without tables takes it: what is merged or removed later can then be given back to the disk.
    database.pragma('auto_vacuum = INCREMENTAL');
    // Before the journal mode: a WAL opened exclusively needs no shared memory, and nobody else gets in.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${options.durability === 'full' ? 'FULL' : 'NORMAL'}`);
    database.pragma('foreign_keys = ON');
    // The store does it, so that a failure is heard of.
    database.pragma('wal_autocheckpoint = 0');
    database.pragma(`journal_size_limit = ${largestIdleLog}`);
    database.pragma('cache_size = -32768');
    migrate(database, options.migrations ?? allMigrations);
    return database;
  } catch (error) {
    database?.close();
    throw asStorageError(error);
  }
}

/**
 * SQLite takes damage in the log for its end, and would write over what is behind it.
 * @throws StorageError `damaged`; what SQLite throws when somebody else has the file, whose log changes under our eyes
 */
function expectWholeLog(file: string): void {
  const damage = logDamage(`${file}-wal`);
  if (damage === null) return;
  // Read only: whoever may write puts the log into the database when it closes.
  const probe = new Database(file, { readonly: true, timeout: 0 });
  try {
    probe.prepare('SELECT 1 FROM sqlite_master').get();
  } finally {
    probe.close();
  }
  throw new StorageError('damaged', damage);
}

function migrate(database: SqliteDatabase, steps: readonly Migration[]): void {
  database
    .transaction(() => {
      database.exec(`
        CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT;
        CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      `);
      const taken = new Set(database.prepare<[], string>('SELECT name FROM migrations').pluck().all());
      const known = new Set(steps.map((step) => step.name));
      for (const name of taken)
        if (!known.has(name))
          throw new StorageError('newer', `the data was written by a newer Weft (${name})`);
      const remember = database.prepare('INSERT INTO migrations (name) VALUES (?)');
      for (const step of steps) {
        if (taken.has(step.name)) continue;
        database.exec(step.sql);
        step.then?.(database);
        remember.run(step.name);
      }
      const draw = database.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING');
      draw.run('workspace', newId().toLowerCase());
      draw.run('epoch', randomUUID());
      draw.run('epochs', '[]');
      draw.run('receipt-key', randomBytes(32).toString('hex'));
      draw.run('identity-sum', String(identitySum(database)));
    })
    .immediate();
}
