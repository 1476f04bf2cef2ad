import type { SqliteDatabase } from './open.ts';

/** How a database syncs its commits, as it was opened: asking it takes a fifth of what a small commit does. */
const durabilities = new WeakMap<SqliteDatabase, string>();

/** Commits of `work` are written and not synced. The log keeps the order: they are there when a later, synced one is. */
export function unhurried<T>(database: SqliteDatabase, work: () => T): T {
  let durability = durabilities.get(database);
  if (durability === undefined)
    durabilities.set(database, (durability = String(database.pragma('synchronous', { simple: true }))));
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    return work();
  } finally {
    database.exec(`PRAGMA synchronous = ${durability}`);
  }
}
