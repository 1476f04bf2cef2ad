import type { Migration } from './migration.ts';

/** Who met which word rule: nothing else says it, so each line has a sum. */
export const wordHitsMigrations: readonly Migration[] = [
  {
    name: 'word-hits-1',
    sql: `
      CREATE TABLE word_hits (
        n INTEGER PRIMARY KEY, at INTEGER NOT NULL, rule TEXT NOT NULL, name TEXT NOT NULL, words TEXT NOT NULL,
        outcome TEXT NOT NULL, by TEXT NOT NULL, person TEXT NOT NULL, room TEXT NOT NULL, id TEXT NOT NULL,
        customer TEXT NOT NULL, sum INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX word_hits_by_time ON word_hits (at);
      CREATE INDEX word_hits_by_room ON word_hits (room, at);
    `,
  },
];
