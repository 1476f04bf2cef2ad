import type { SqliteDatabase } from './open.ts';

/** Commits of `work` are written and not synced. The log keeps the order: they are there when a later, synced one is. */
export function unhurried<T>(database: SqliteDatabase, work: () => T): T {
  const durability = String(database.pragma('synchronous', { simple: true }));
  database.exec('PRAGMA synchronous = NORMAL');
  try {
    return work();
  } finally {
    database.exec(`PRAGMA synchronous = ${durability}`);
  }
}
