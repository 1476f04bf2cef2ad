import { appMigrations } from './app-migrations.ts';
import { authMigrations } from './auth-migrations.ts';
import { broadcastsMigrations } from './broadcasts-migrations.ts';
import { customersMigrations } from './customers-migrations.ts';
import { dayCountMigrations } from './day-count-migrations.ts';
import { historyMigrations } from './history-migrations.ts';
import { logMigrations } from './log-migrations.ts';
import type { Migration } from './migration.ts';
import { pushMigrations } from './push-migrations.ts';
import { wordHitsMigrations } from './word-hits-migrations.ts';

/** Every owner of tables keeps its steps in a file of its own and only ever appends. */
export const migrations: readonly Migration[] = [
  ...logMigrations,
  ...authMigrations,
  ...historyMigrations,
  ...pushMigrations,
  ...customersMigrations,
  ...dayCountMigrations,
  ...broadcastsMigrations,
  ...appMigrations,
  ...wordHitsMigrations,
];
