import type { Migration } from './migration.ts';

/** Tables of apps (`server/auth/app-tokens.ts`) and of what they are told (`server/webhooks`). */
export const appMigrations: readonly Migration[] = [
  {
    // What an app calls a customer is that app's alone. A delivery waits while it has a `due`, or stands behind another of
    // its lane (its webhook and subject), which is told first; it is over when `over_at` is set.
    name: 'apps-1',
    sql: `
      CREATE TABLE app_keys (
        id TEXT PRIMARY KEY,
        fingerprint BLOB NOT NULL UNIQUE,
        app TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        used_at INTEGER,
        sum INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX keys_of_app ON app_keys (app);

      CREATE TABLE app_externals (
        app TEXT NOT NULL, customer TEXT NOT NULL, external TEXT NOT NULL, PRIMARY KEY (app, customer)
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX app_externals_by_name ON app_externals (app, external);

      CREATE TABLE webhook_secrets (
        webhook TEXT PRIMARY KEY, secret TEXT NOT NULL, former TEXT, former_until INTEGER, failing_since INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE webhook_place (
        only_one INTEGER PRIMARY KEY CHECK (only_one = 1), cursor INTEGER NOT NULL, due INTEGER NOT NULL
      ) STRICT;
      INSERT INTO webhook_place VALUES (1, 0, 0);

      CREATE TABLE webhook_deliveries (
        n INTEGER PRIMARY KEY,
        webhook TEXT NOT NULL,
        message TEXT NOT NULL,
        subject TEXT NOT NULL,
        type TEXT NOT NULL,
        body TEXT NOT NULL,
        at INTEGER NOT NULL,
        due INTEGER,
        attempts INTEGER NOT NULL,
        attempted_at INTEGER,
        status INTEGER,
        said TEXT NOT NULL,
        took INTEGER NOT NULL,
        over_at INTEGER,
        UNIQUE (webhook, message)
      ) STRICT;
      CREATE INDEX deliveries_due ON webhook_deliveries (webhook, due) WHERE due IS NOT NULL;
      CREATE INDEX deliveries_in_lane ON webhook_deliveries (webhook, subject, n) WHERE over_at IS NULL;
      CREATE INDEX deliveries_over ON webhook_deliveries (webhook, over_at) WHERE over_at IS NOT NULL;
    `,
  },
];
