import type { DeviceId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { ChangedHead } from '../contract.ts';
import type { SqliteDatabase } from './open.ts';
import { insertInto, isSound } from './summed.ts';

type ChangedRoom = Pick<ChangedHead, 'room' | 'changed'>;

export interface RowInTable {
  readonly cursor: number;
  readonly seq: number;
  readonly by: MemberId;
  readonly device: DeviceId;
  readonly at: number;
  readonly sum: number;
  readonly mark: number;
  readonly bytes: Uint8Array;
}

/** What the store asks of its tables. */
export function prepare(database: SqliteDatabase) {
  const row = 'cursor, seq, by, device, at, sum, mark, bytes';
  const soundReader = 'readers.sum = weft_sum(readers.room, readers.member, readers.since)';
  const has = (table: string): boolean =>
    database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').pluck().get(table) !== undefined;
  return {
    meta: database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck(),
    beat: database.prepare<[string]>(
      "INSERT INTO meta (key, value) VALUES ('heartbeat', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    ),
    mergedRows: has('merged')
      ? database
          .prepare<[number, number], number>('SELECT rows FROM merged WHERE cursor = ? AND room = ?')
          .pluck()
      : null,
    addRoom: database.prepare<[RoomId, MemberId, number]>(
      'INSERT INTO rooms (room, rows, cursor, by, at) VALUES (?, 0, 0, ?, ?)',
    ),
    synced: database.prepare('UPDATE synced SET commits = commits + 1'),
    nameRoom: database.prepare<[number, RoomId, number]>(
      'INSERT INTO room_names (id, room, sum) VALUES (?, ?, ?)',
    ),
    moveRoom: database.prepare<[number, number, MemberId, number, number, number]>(
      'UPDATE rooms SET rows = ?, cursor = ?, by = ?, at = ?, sum = ? WHERE id = ?',
    ),
    addRow: database.prepare<
      [number, number, number, MemberId, DeviceId, number, number, number, Uint8Array]
    >(
      'INSERT INTO rows (cursor, room, seq, by, device, at, sum, mark, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    replaceRow: database.prepare<[Uint8Array, number, number, number]>(
      'UPDATE rows SET bytes = ?, sum = ? WHERE room = ? AND seq = ?',
    ),
    addName: database.prepare<[number, number, number]>(
      'INSERT OR IGNORE INTO names (room, name, seq) VALUES (?, ?, ?)',
    ),
    dropName: database.prepare<[number, number, number]>(
      'DELETE FROM names WHERE room = ? AND name = ? AND seq = ?',
    ),
    naming: database
      .prepare<[number, number], number>('SELECT seq FROM names WHERE room = ? AND name = ? ORDER BY seq')
      .pluck(),
    // Its bytes go when nobody is held up by that.
    leaveFile: has('blobs')
      ? database.prepare<[RoomId, string]>('UPDATE blobs SET unnamed = 1 WHERE room = ? AND hash = ?')
      : null,
    basesNaming: database.prepare<[RoomId, string], { seq: number; state: string; sum: number }>(
      'SELECT seq, state, sum FROM bases WHERE room = ? AND instr(state, ?) > 0',
    ),
    rowsDown: database.prepare<[number], RowInTable>(
      `SELECT ${row} FROM rows WHERE room = ? ORDER BY seq DESC`,
    ),
    rowsUp: database.prepare<[number, number, number], RowInTable>(
      `SELECT ${row} FROM rows WHERE room = ? AND seq >= ? ORDER BY seq LIMIT ?`,
    ),
    changed: database.prepare<[number, string, MemberId, number], ChangedRoom>(
      `SELECT rooms.room, rooms.cursor AS changed FROM rooms
       WHERE rooms.cursor > ? AND EXISTS (
         SELECT 1 FROM readers
         WHERE readers.room = rooms.room AND readers.member IN (?, ?) AND ${soundReader})
       ORDER BY rooms.cursor LIMIT ?`,
    ),
    // Without a limit: rooms that one commit opened must not be split.
    joined: database.prepare<[MemberId, number, number], ChangedRoom>(
      `SELECT rooms.room, readers.since AS changed FROM readers JOIN rooms ON rooms.room = readers.room
       WHERE readers.member = ? AND readers.since > ? AND rooms.cursor <= ? AND ${soundReader}
       ORDER BY readers.since`,
    ),
    readersOf: database.prepare<[RoomId], string>('SELECT member FROM readers WHERE room = ?').pluck(),
    addReader: database.prepare<[RoomId, string, number, number]>(
      'INSERT INTO readers (room, member, since, sum) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    dropReader: database.prepare<[RoomId, string]>('DELETE FROM readers WHERE room = ? AND member = ?'),
    // Only an answer that cannot be read any more is replaced.
    addCommand: database.prepare<[DeviceId, string, number, number, string, number]>(
      `INSERT INTO commands (device, id, n, at, result, sum) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET n = excluded.n, at = excluded.at, result = excluded.result, sum = excluded.sum
       WHERE sum <> weft_sum(device, id, n, at, result)`,
    ),
    busyDevices: database
      .prepare<[number], DeviceId>('SELECT device FROM commands GROUP BY device HAVING count(*) > ?')
      .pluck(),
    forgetAnswers: database.prepare<[DeviceId, DeviceId, number, number, number]>(
      `DELETE FROM commands WHERE device = ? AND id IN (
         SELECT id FROM (SELECT id, at FROM commands WHERE device = ? ORDER BY n DESC LIMIT -1 OFFSET ?)
         WHERE at < ? LIMIT ?)`,
    ),
    moveDevice: database.prepare<[DeviceId, number]>(
      'INSERT INTO devices (device, n) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET n = max(n, excluded.n)',
    ),
    settled: database.prepare<[DeviceId, string], { result: string; isSound: number }>(
      `SELECT result, sum = weft_sum(device, id, n, at, result) AS isSound
       FROM commands WHERE device = ? AND id = ?`,
    ),
    lastCommand: database.prepare<[DeviceId], number>('SELECT n FROM devices WHERE device = ?').pluck(),
    addLease: database.prepare<[number, MemberId, DeviceId, number, number]>(
      'INSERT INTO leases (client, member, device, at, sum) VALUES (?, ?, ?, ?, ?)',
    ),
    leaseHolder: database.prepare<[number], { member: MemberId; device: DeviceId }>(
      // Whose a damaged one is cannot be said: nobody's, but taken.
      `SELECT iif(sum = weft_sum(client, member, device, at), member, '') AS member, device
       FROM leases WHERE client = ?`,
    ),
    highestLease: database.prepare<[], number | null>('SELECT max(client) FROM leases').pluck(),
    addClaim: database.prepare<[number, RoomId, MemberId, number, number]>(
      'INSERT INTO claims (client, room, member, at, sum) VALUES (?, ?, ?, ?, ?)',
    ),
    claimHolder: database
      .prepare<[number, RoomId], MemberId>(
        `SELECT iif(sum = weft_sum(client, room, member, at), member, '')
         FROM claims WHERE client = ? AND room = ?`,
      )
      .pluck(),
    clientTaken: database
      .prepare<[number, number], number>(
        'SELECT 1 FROM leases WHERE client = ? UNION ALL SELECT 1 FROM claims WHERE client = ? LIMIT 1',
      )
      .pluck(),
    bases: database.prepare<[RoomId, number], { seq: number; state: string; sum: number }>(
      'SELECT seq, state, sum FROM bases WHERE room = ? AND seq <= ? ORDER BY seq DESC',
    ),
    openJob: database.prepare<[RoomId]>(insertInto('jobs', 'room', 'OR REPLACE')),
    closeJob: database.prepare<[RoomId]>('DELETE FROM jobs WHERE room = ?'),
    openJobs: database
      .prepare<[], RoomId>(`SELECT room FROM jobs WHERE ${isSound('jobs')} ORDER BY room`)
      .pluck(),
    dropBases: database.prepare<[RoomId, number]>('DELETE FROM bases WHERE room = ? AND seq < ?'),
    saveBase: database.prepare<[RoomId, number, string, number]>(
      'INSERT OR REPLACE INTO bases (room, seq, state, sum) VALUES (?, ?, ?, ?)',
    ),
  };
}
