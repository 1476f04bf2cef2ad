import type { Migration } from './migration.ts';

/** All of it follows from the conversations. */
export const broadcastsMigrations: readonly Migration[] = [
  {
    name: 'broadcasts-1',
    sql: `
      CREATE TABLE broadcast_messages (
        broadcast TEXT NOT NULL, customer TEXT NOT NULL, owner TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
        read_at INTEGER, answered_at INTEGER, PRIMARY KEY (broadcast, customer)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX broadcast_messages_by_customer ON broadcast_messages (customer, at);
    `,
  },
  {
    name: 'broadcasts-2-at',
    sql: 'CREATE INDEX broadcast_messages_by_time ON broadcast_messages (at)',
  },
];
