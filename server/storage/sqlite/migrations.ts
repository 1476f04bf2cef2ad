import { authMigrations } from './auth-migrations.ts';
import { logMigrations } from './log-migrations.ts';

/** One step of the database's shape. Applied once, in order, each in a transaction; never changed after a release. */
export interface Migration {
  /** Unique for ever: the database remembers which steps it took by this name. */
  readonly name: string;
  readonly sql: string;
}

/** Every owner of tables keeps its steps in a file of its own and only ever appends. */
export const migrations: readonly Migration[] = [...logMigrations, ...authMigrations];
