import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { RoomHead } from '../contract.ts';
import { StorageError } from '../storage-error.ts';
import { guarded } from './guard.ts';
import type { SqliteDatabase } from './open.ts';
import { sumOf } from './sums.ts';

/** What is known of a room, with the number that stands for it in other tables. */
export interface StoredRoom extends RoomHead {
  readonly id: number;
}

/** What a row of a lost room can still tell. */
interface Trace {
  readonly cursor: number;
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
}

const isSound = (database: SqliteDatabase, table: string): boolean => {
  try {
    return database.pragma(`integrity_check('${table}')`, { simple: true }) === 'ok';
  } catch {
    return false;
  }
};

/** False when not even that can be done: lines that are damaged cannot all be in one index. */
function reindex(database: SqliteDatabase, table: string): boolean {
  try {
    guarded(database, () => database.exec(`REINDEX ${table}`));
    return true;
  } catch (error) {
    if (error instanceof StorageError && error.reason !== 'unsure') return false;
    throw error;
  }
}

/** Tables that belong to no room. What is missing from one would be taken for something that never was. */
const common = [
  ...['meta', 'rooms', 'room_names', 'readers', 'jobs', 'commands', 'devices', 'leases', 'claims', 'synced'],
  ...['accounts', 'device_owners', 'sessions', 'invitations', 'join_requests', 'blobs'],
];

/**
 * Compares these tables with their indexes, which are made anew where only they are damaged.
 * @throws StorageError `damaged`
 */
export function expectSoundTables(database: SqliteDatabase, tables: readonly string[]): void {
  for (const table of tables) {
    if (isSound(database, table)) continue;
    if (!reindex(database, table) || !isSound(database, table))
      throw new StorageError('damaged', `its table ${table} cannot be read`);
  }
}

/**
 * All rooms by name. They are few and small, and read from the table itself, never by an index: so a room cannot be
 * taken for one that is not there, and begun anew, because a bit of the disk changed. What is said of a room can also be
 * told from its rows and from what names it elsewhere; where that is enough a damaged line is written anew.
 * @throws StorageError `damaged` when a room is lost that cannot be told any more
 */
export function readRooms(database: SqliteDatabase): Map<RoomId, StoredRoom> {
  expectSoundTables(database, common);
  const all = database
    .prepare<[], StoredRoom & { readonly sum: number }>(
      'SELECT id, room, rows, cursor, by, at, sum FROM rooms NOT INDEXED ORDER BY id',
    )
    .all();
  const rooms = new Map<RoomId, StoredRoom>();
  for (const { sum, ...room } of all)
    if (sumOf(room.id, room.room, room.rows, room.cursor, room.by, room.at) === sum)
      rooms.set(room.room, room);
  const names = database
    .prepare<[], { id: number; room: RoomId; sum: number }>('SELECT id, room, sum FROM room_names')
    .all();
  for (const { id, room, sum } of names)
    if (!rooms.has(room) && sumOf(id, room) === sum) rooms.set(room, recover(database, id, room));
  return rooms;
}

/** How far a room is whose line is damaged, by its newest row. */
function recover(database: SqliteDatabase, id: number, room: RoomId): StoredRoom {
  const last = database
    .prepare<[number], Trace>(
      `SELECT cursor, seq, by, at FROM rows
       WHERE room = ? AND mark = weft_sum(cursor, room, seq, by, device, at) ORDER BY seq DESC LIMIT 1`,
    )
    .get(id);
  if (!last) throw new StorageError('damaged', `nothing tells any more how far ${room} is`);
  const { cursor, seq, by, at } = last;
  // Its number may be what changed: no line may stand in the way of the name.
  database.prepare('DELETE FROM rooms WHERE room = ? AND id <> ?').run(room, id);
  database
    .prepare(
      `INSERT INTO rooms (id, room, rows, cursor, by, at, sum) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET room = excluded.room, rows = excluded.rows, cursor = excluded.cursor,
         by = excluded.by, at = excluded.at, sum = excluded.sum`,
    )
    .run(id, room, seq + 1, cursor, by, at, sumOf(id, room, seq + 1, cursor, by, at));
  return { id, room, rows: seq + 1, cursor, by, at };
}
