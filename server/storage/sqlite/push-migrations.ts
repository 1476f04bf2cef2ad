import type { Migration } from './migration.ts';

/** Tables of `server/push`: the key by which push services know this relay, and where devices are told of things. */
export const pushMigrations: readonly Migration[] = [
  {
    name: 'push-1-subscriptions',
    sql: `
      CREATE TABLE push_keys (
        only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
        public TEXT NOT NULL,
        private TEXT NOT NULL,
        sum INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE push_subscriptions (
        session TEXT PRIMARY KEY,
        member TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        p256dh TEXT NOT NULL,
        auth TEXT NOT NULL,
        language TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        sum INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX push_of_member ON push_subscriptions (member);

      CREATE TRIGGER push_ends_with_session AFTER DELETE ON sessions BEGIN
        DELETE FROM push_subscriptions WHERE session = OLD.id;
      END;
    `,
  },
  {
    name: 'push-2-guests',
    sql: `
      CREATE INDEX guest_sessions_of_customer ON guest_sessions (customer);
      CREATE TRIGGER push_ends_with_guest_session AFTER DELETE ON guest_sessions BEGIN
        DELETE FROM push_subscriptions WHERE session = OLD.id;
      END;
    `,
  },
];
