import type { Database } from 'better-sqlite3';

/** One step of the database's shape. Applied once, in order, each in a transaction; never changed after a release. */
export interface Migration {
  /** Unique for ever: the database remembers which steps it took by this name. */
  readonly name: string;
  readonly sql: string;
  /** What SQL cannot do, after it and in the same transaction. */
  readonly then?: (database: Database) => void;
}
