import type { Migration } from './migration.ts';

/** Tables of `server/history`: checkpoints of texts, rows that were merged, and who wrote what. */
export const historyMigrations: readonly Migration[] = [
  {
    // What was kept in one piece becomes a checkpoint of one part. `sum` holds the CRC-32 of `bytes`.
    name: 'history-1',
    sql: `
      CREATE TABLE checkpoints (
        room INTEGER PRIMARY KEY, seq INTEGER NOT NULL, cursor INTEGER NOT NULL,
        size INTEGER NOT NULL, parts INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE checkpoint_parts (
        room INTEGER NOT NULL, cursor INTEGER NOT NULL, part INTEGER NOT NULL,
        sum INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (room, cursor, part)
      ) STRICT;
      INSERT INTO checkpoints
        SELECT rooms.id, rows.seq, rows.cursor, length(snapshots.bytes), 1
        FROM snapshots JOIN rooms ON rooms.room = snapshots.room
        JOIN rows ON rows.cursor = snapshots.cursor AND rows.room = rooms.id;
      INSERT INTO checkpoint_parts
        SELECT checkpoints.room, checkpoints.cursor, 0, snapshots.sum, snapshots.bytes
        FROM checkpoints JOIN rooms ON rooms.id = checkpoints.room JOIN snapshots ON snapshots.room = rooms.room;
      DROP TABLE snapshots;

      CREATE TABLE merged (
        cursor INTEGER PRIMARY KEY, room INTEGER NOT NULL, rows INTEGER NOT NULL, since INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX merged_by_room ON merged (room, cursor);

      CREATE TABLE writings (
        room INTEGER NOT NULL, client INTEGER NOT NULL, clock INTEGER NOT NULL, until INTEGER NOT NULL,
        by TEXT NOT NULL, at INTEGER NOT NULL, last INTEGER NOT NULL, sum INTEGER NOT NULL,
        PRIMARY KEY (room, client, clock)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE deletions (
        id INTEGER PRIMARY KEY, room INTEGER NOT NULL, client INTEGER NOT NULL,
        clock INTEGER NOT NULL, until INTEGER NOT NULL,
        by TEXT NOT NULL, at INTEGER NOT NULL, last INTEGER NOT NULL, sum INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX deletions_by_client ON deletions (room, client);
      CREATE TABLE indexed (one INTEGER PRIMARY KEY CHECK (one = 1), cursor INTEGER NOT NULL) STRICT;
      INSERT INTO indexed (one, cursor) VALUES (1, 0);
    `,
  },
];
