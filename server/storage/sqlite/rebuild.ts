import { asStorageError } from './guard.ts';
import { openDatabase, type SqliteDatabase } from './open.ts';
import { StorageError } from '../storage-error.ts';

interface Column {
  readonly name: string;
  readonly pk: number;
}

const quoted = (name: string): string => `"${name}"`;
const isDamage = (error: unknown): boolean => {
  const known = asStorageError(error);
  return known instanceof StorageError && known.reason === 'damaged';
};

/**
 * Makes a new database of everything that can still be read of one whose pages are damaged, row by row as it is: whether
 * a row is sound is for others to say.
 * @throws StorageError `damaged` when not even the workspace's name is left
 */
export function rebuildDatabase(damaged: SqliteDatabase, file: string): void {
  const into = openDatabase(file, { durability: 'full' });
  try {
    const tables = into
      .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all();
    into.transaction(() => {
      for (const table of tables) {
        into.exec(`DELETE FROM ${quoted(table)}`);
        copyTable(damaged, into, table);
      }
      copyRowsOneByOne(damaged, into);
    })();
    const name = into.prepare("SELECT 1 FROM meta WHERE key = 'workspace'").pluck().get();
    if (name === undefined) throw new StorageError('damaged', 'not even the name of its workspace is left');
  } finally {
    into.close();
  }
}

/** From its beginning as far as it can be read, then from its end. */
function copyTable(damaged: SqliteDatabase, into: SqliteDatabase, table: string): void {
  const columns = into.pragma(`table_info(${quoted(table)})`) as Column[];
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const places = columns.map(() => '?').join(', ');
  const add = into.prepare(`INSERT OR IGNORE INTO ${quoted(table)} (${names}) VALUES (${places})`);
  const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  for (const direction of ['ASC', 'DESC']) {
    const order = key.map(({ name }) => `${quoted(name)} ${direction}`).join(', ');
    try {
      const all = damaged
        .prepare(`SELECT ${names} FROM ${quoted(table)} NOT INDEXED ORDER BY ${order}`)
        .raw();
      for (const row of all.iterate()) tryToAdd(add, row as unknown[]);
      return;
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

/** What is behind a damaged page in the middle. */
function copyRowsOneByOne(damaged: SqliteDatabase, into: SqliteDatabase): void {
  const columns = (into.pragma('table_info(rows)') as Column[]).map(({ name }) => quoted(name));
  const places = columns.map(() => '?').join(', ');
  const add = into.prepare(`INSERT OR IGNORE INTO rows (${columns.join(', ')}) VALUES (${places})`);
  const isThere = into.prepare<[number], number>('SELECT 1 FROM rows WHERE cursor = ?').pluck();
  const highest = into.prepare<[], number | null>('SELECT max(cursor) FROM rooms').pluck().get() ?? 0;
  const find = damaged.prepare(`SELECT ${columns.join(', ')} FROM rows WHERE cursor = ?`).raw();
  for (let cursor = 1; cursor <= highest; cursor++) {
    if (isThere.get(cursor)) continue;
    try {
      const row = find.get(cursor);
      if (row) tryToAdd(add, row as unknown[]);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
}

/** A line whose types or order make no sense any more is left behind. */
function tryToAdd(add: { run(...values: unknown[]): unknown }, row: unknown[]): void {
  try {
    add.run(...row);
  } catch (error) {
    const known = asStorageError(error);
    if (!(known instanceof StorageError) || !/CONSTRAINT|MISMATCH/.test(known.message)) throw error;
  }
}
