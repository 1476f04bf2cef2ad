import type { DayCounts, Use } from '../day-counts.ts';
import { guarded } from './guard.ts';
import type { SqliteDatabase } from './open.ts';
import { insertInto, isSound } from './summed.ts';
import { unhurried } from './unhurried.ts';

const day = 24 * 3_600_000;
/** What is used is written together: a relay that is killed forgets at most what came in so long. Milliseconds. */
const gathered = 1_000;

export interface SqliteDayCounts extends DayCounts {
  /** Writes what waits, and nothing after that. */
  close(): void;
}

/** Counts of a day beside the log. They are written without waiting for the disk: no command is slower for them. */
export function createSqliteDayCounts(
  db: SqliteDatabase,
  now: () => number,
  later: (milliseconds: number, run: () => void) => void = (ms, run) => void setTimeout(run, ms).unref(),
): SqliteDayCounts {
  const read = db.prepare<[string, number], Use>(
    `SELECT who, used / 1000.0 AS used, at FROM day_counts WHERE name = ? AND at > ? AND ${isSound('day_counts')}`,
  );
  const write = db.prepare(insertInto('day_counts', 'name, who, used, at', 'OR REPLACE'));
  const forget = db.prepare('DELETE FROM day_counts WHERE at <= ?');
  const waiting = new Map<string, Use & { readonly name: string }>();
  let isPlanned = false;
  let isClosed = false;

  const flush = (): void => {
    if (waiting.size === 0) return;
    const all = db.transaction(() => {
      forget.run(now() - day);
      for (const { name, who, used, at } of waiting.values())
        write.run(name, who, Math.round(used * 1_000), at);
    });
    guarded(db, () => unhurried(db, () => all()));
    waiting.clear();
  };

  const plan = (): void => {
    if (isPlanned || isClosed) return;
    isPlanned = true;
    later(gathered, () => {
      isPlanned = false;
      if (isClosed) return;
      try {
        flush();
      } catch {
        // A full disk keeps nobody from counting in memory; it is tried again.
        plan();
      }
    });
  };

  return {
    of: (name) => ({
      read: () => guarded(db, () => read.all(name, now() - day)),
      changed(use) {
        waiting.set(`${name} ${use.who}`, { name, ...use });
        plan();
      },
    }),
    close() {
      try {
        flush();
      } catch {
        // What could not be kept is forgotten.
      }
      isClosed = true;
    },
  };
}
