import type { Migration } from './migration.ts';

/**
 * The tables of customers. All of it follows from the logs (`customers.ts` says how), so no line has a sum: what is
 * different from the logs is made again from them.
 */
export const customersMigrations: readonly Migration[] = [
  {
    name: 'customers-1',
    sql: `
      CREATE TABLE customers (
        n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        begun_at INTEGER, part_of TEXT, ended_at INTEGER, owner TEXT, first_owner TEXT, link TEXT, source TEXT NOT NULL DEFAULT '',
        stage TEXT, waiting_since INTEGER, next_at INTEGER, changed_at INTEGER NOT NULL DEFAULT 0,
        last_id TEXT, last_guest INTEGER, last_staff INTEGER,
        talk INTEGER, talk_first INTEGER, talk_last INTEGER, talk_guest INTEGER,
        unanswered_since INTEGER GENERATED ALWAYS AS (iif(ended_at IS NULL, waiting_since, NULL)) VIRTUAL,
        helpers TEXT NOT NULL DEFAULT '[]', tags TEXT NOT NULL DEFAULT '[]', name TEXT NOT NULL DEFAULT '',
        phone TEXT NOT NULL DEFAULT '', phone_key TEXT NOT NULL DEFAULT '', mail TEXT NOT NULL DEFAULT '',
        mail_key TEXT NOT NULL DEFAULT '', company TEXT NOT NULL DEFAULT ''
      ) STRICT;
      CREATE INDEX customers_by_owner ON customers (owner);
      CREATE INDEX customers_by_change ON customers (changed_at, n);
      CREATE INDEX customers_by_begin ON customers (begun_at, n);
      CREATE INDEX customers_by_end ON customers (ended_at) WHERE ended_at IS NOT NULL;
      CREATE INDEX customers_unanswered ON customers (unanswered_since, n) WHERE unanswered_since IS NOT NULL;
      CREATE INDEX customers_by_phone ON customers (phone_key) WHERE phone_key <> '';
      CREATE INDEX customers_by_mail ON customers (mail_key) WHERE mail_key <> '';

      CREATE TABLE customer_talks (
        since INTEGER NOT NULL, customer INTEGER NOT NULL, owner TEXT, link TEXT, source TEXT NOT NULL,
        first_answer INTEGER, last_answer INTEGER, last_guest INTEGER NOT NULL, PRIMARY KEY (since, customer)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX customer_talks_by_customer ON customer_talks (customer, since);
    `,
  },
  {
    name: 'customers-2-next',
    sql: 'CREATE INDEX customers_by_next ON customers (next_at) WHERE next_at IS NOT NULL',
  },
];
