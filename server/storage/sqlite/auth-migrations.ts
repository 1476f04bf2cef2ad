import type { Migration } from './migration.ts';

/** Tables of `server/auth` (accounts, devices, sessions, invitations, requests to join) and `server/blobs` (which picture belongs to which room). */
export const authMigrations: readonly Migration[] = [
  {
    name: 'auth-1-accounts',
    sql: `
      CREATE TABLE accounts (
        member TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        created_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE device_owners (
        device TEXT PRIMARY KEY,
        member TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        token BLOB NOT NULL UNIQUE,
        member TEXT NOT NULL,
        device TEXT NOT NULL,
        device_name TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sessions_of_member ON sessions (member);

      CREATE TABLE invitations (
        id TEXT PRIMARY KEY,
        code BLOB NOT NULL UNIQUE,
        role TEXT NOT NULL,
        uses INTEGER NOT NULL,
        max_uses INTEGER,
        expires_at INTEGER NOT NULL,
        created_by TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        revoked_at INTEGER
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    name: 'blobs-1-index',
    sql: `
      CREATE TABLE blobs (
        room TEXT NOT NULL,
        hash TEXT NOT NULL,
        type TEXT NOT NULL,
        size INTEGER NOT NULL,
        by TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (room, hash)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    // Whose a session is, and what an invitation is good for, must not change by a bit of the disk.
    name: 'auth-2-sums',
    sql: `
      ALTER TABLE accounts ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE accounts SET sum = weft_sum(member, email, password);
      ALTER TABLE device_owners ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE device_owners SET sum = weft_sum(device, member);
      ALTER TABLE sessions ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE sessions SET sum = weft_sum(token, id, member, device, created_at);
      ALTER TABLE invitations ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE invitations SET sum =
        weft_sum(code, id, role, uses, max_uses, expires_at, created_by, created_at, revoked_at);
    `,
  },
  {
    name: 'blobs-2-files',
    sql: `
      ALTER TABLE blobs ADD COLUMN removed_at INTEGER;
      CREATE INDEX blobs_by_hash ON blobs (hash);
    `,
  },
  {
    // What was damaged before stays so: only sound rows get the sum over more columns.
    name: 'auth-3-requests',
    sql: `
      ALTER TABLE invitations ADD COLUMN approve INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE invitations ADD COLUMN member TEXT;
      UPDATE invitations SET sum =
        weft_sum(code, id, role, uses, max_uses, expires_at, created_by, created_at, revoked_at, approve, member)
      WHERE sum = weft_sum(code, id, role, uses, max_uses, expires_at, created_by, created_at, revoked_at);

      CREATE TABLE join_requests (
        id TEXT PRIMARY KEY,
        invitation TEXT NOT NULL,
        name TEXT NOT NULL,
        email TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        member TEXT,
        created_at INTEGER NOT NULL,
        sum INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    // 1 when no message of the room names the file any more: nobody is given it, and its bytes go soon.
    name: 'blobs-3-unnamed',
    sql: 'ALTER TABLE blobs ADD COLUMN unnamed INTEGER NOT NULL DEFAULT 0',
  },
  {
    name: 'auth-4-guests',
    sql: `
      CREATE TABLE guest_sessions (
        id TEXT PRIMARY KEY,
        token BLOB NOT NULL UNIQUE,
        customer TEXT NOT NULL,
        device TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        sum INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE workspace_keys (
        only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
        public TEXT NOT NULL,
        private TEXT NOT NULL,
        sum INTEGER NOT NULL
      ) STRICT;
    `,
  },
];
