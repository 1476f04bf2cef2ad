import type { Migration } from './migration.ts';
import { nameRows } from './names.ts';
import { syncedMark } from './wal.ts';

/**
 * Tables of the log. `rows.sum` is the CRC-32 of `bytes`; `rows.mark`, and `sum` where a table has no bytes, covers
 * everything else that is said of a row. Both are compared at every read.
 */
export const logMigrations: readonly Migration[] = [
  {
    name: 'log-1',
    sql: `
      CREATE TABLE rooms (
        id INTEGER PRIMARY KEY, room TEXT NOT NULL UNIQUE,
        rows INTEGER NOT NULL, cursor INTEGER NOT NULL, by TEXT NOT NULL, at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX rooms_by_cursor ON rooms (cursor);

      CREATE TABLE rows (
        cursor INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES rooms (id), seq INTEGER NOT NULL,
        by TEXT NOT NULL, device TEXT NOT NULL, at INTEGER NOT NULL, sum INTEGER NOT NULL, bytes BLOB NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX rows_by_room ON rows (room, seq);

      CREATE TABLE readers (
        room TEXT NOT NULL, member TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (room, member)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX readers_by_since ON readers (member, since);

      CREATE TABLE commands (
        device TEXT NOT NULL, id TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (device, id)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE devices (device TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      CREATE TABLE leases (
        client INTEGER PRIMARY KEY, member TEXT NOT NULL, device TEXT NOT NULL, at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE claims (
        client INTEGER NOT NULL, room TEXT NOT NULL, member TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (client, room)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE snapshots (
        room TEXT PRIMARY KEY, cursor INTEGER NOT NULL, sum INTEGER NOT NULL, bytes BLOB NOT NULL
      ) STRICT;
      CREATE TABLE bases (
        room TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (room, seq)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    // States are kept with a sum too: rights are read from them. What was kept without one is only saved work.
    name: 'log-2-base-sums',
    sql: `
      DELETE FROM bases;
      ALTER TABLE bases ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
    `,
  },
  {
    // A sum over bytes alone lets a row change its author, place or room. `room_names` is written once per room, for when
    // its line in `rooms` is damaged.
    name: 'log-3-sums',
    sql: `
      ALTER TABLE rows ADD COLUMN mark INTEGER NOT NULL DEFAULT 0;
      UPDATE rows SET mark = weft_sum(cursor, room, seq, by, device, at);
      ALTER TABLE rooms ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE rooms SET sum = weft_sum(id, room, rows, cursor, by, at);
      CREATE TABLE room_names (id INTEGER PRIMARY KEY, room TEXT NOT NULL, sum INTEGER NOT NULL) STRICT;
      INSERT INTO room_names (id, room, sum) SELECT id, room, weft_sum(id, room) FROM rooms;
      ALTER TABLE readers ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE readers SET sum = weft_sum(room, member, since);
      ALTER TABLE leases ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE leases SET sum = weft_sum(client, member, device, at);
      ALTER TABLE claims ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE claims SET sum = weft_sum(client, room, member, at);
      ALTER TABLE commands ADD COLUMN n INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE commands ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE commands ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
      UPDATE commands SET at = unixepoch() * 1000, sum = weft_sum(device, id, 0, unixepoch() * 1000, result);
      DELETE FROM bases;
    `,
  },
  {
    // What a repair took out of the log, as it was found.
    name: 'log-4-set-aside',
    sql: `
      CREATE TABLE set_aside (
        id INTEGER PRIMARY KEY, repaired_at INTEGER NOT NULL, room TEXT NOT NULL, cursor INTEGER NOT NULL,
        seq INTEGER NOT NULL, by TEXT, device TEXT, at INTEGER, bytes BLOB
      ) STRICT;
    `,
  },
  {
    // One page that every synced commit of the log writes and no other does: seen in what is left of a write-ahead log.
    name: 'log-5-synced',
    sql: `
      CREATE TABLE synced (one INTEGER PRIMARY KEY CHECK (one = 1), commits INTEGER NOT NULL, mark TEXT NOT NULL) STRICT;
      INSERT INTO synced VALUES (1, 0, '${syncedMark}');
    `,
  },
  {
    // What entries are found by when their content is taken back. Kept states may not know the ids of what they tell of.
    name: 'log-6-names',
    sql: `
      CREATE TABLE names (
        room INTEGER NOT NULL, name INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (room, name, seq)
      ) STRICT, WITHOUT ROWID;
      DELETE FROM bases;
    `,
    then: nameRows,
  },
  {
    // Rooms whose work in other rooms is not over: what a relay goes on with when it starts.
    name: 'log-7-jobs',
    sql: `CREATE TABLE jobs (room TEXT PRIMARY KEY, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  },
  {
    // Notes of customers are taken back too.
    name: 'log-8-note-names',
    sql: '',
    then: nameRows,
  },
];
