import type { Migration } from './migration.ts';

/** `used` is in thousandths. */
export const dayCountMigrations: readonly Migration[] = [
  {
    name: 'counts-1',
    sql: `
      CREATE TABLE day_counts (
        name TEXT NOT NULL, who TEXT NOT NULL, used INTEGER NOT NULL, at INTEGER NOT NULL, sum INTEGER NOT NULL,
        PRIMARY KEY (name, who)
      ) STRICT, WITHOUT ROWID;
    `,
  },
];
