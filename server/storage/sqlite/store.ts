import { crc32 } from '../../../shared/base/bytes.ts';
import type { DeviceId, MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { CommandResult, Welcome } from '../../../shared/protocol/messages.ts';
import type { ChangedHead, RelayStore, RoomHead, StoredRow, WriteBatch } from '../contract.ts';
import { StorageError } from '../storage-error.ts';
import { asStorageError, type SqliteDatabase } from './open.ts';

interface RowInTable {
  readonly cursor: number;
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
  readonly sum: number;
  readonly bytes: Uint8Array;
}
interface StoredRoom extends RoomHead {
  readonly id: number;
}

/** Stands for every member in `readers`; no id can be this. */
const everyone = '*';

/** Entries behind the newest kept state that others are kept for: nobody is given a state further back. */
const basesSpan = 4_096;

const encoder = new TextEncoder();
const sumOf = (text: string): number => crc32(encoder.encode(text));

/** Highest text that still starts with the prefix, for a range over the index. */
const afterPrefix = (prefix: string): string => `${prefix}\u{10ffff}`;

/** The log in an open database. Everything it does to `rows` is an insert. */
export function createSqliteStore(database: SqliteDatabase): RelayStore {
  const prepared = prepare(database);
  const meta = (key: string): string => {
    const value = prepared.meta.get(key);
    if (value === undefined) throw new StorageError('damaged', `the database does not know its ${key}`);
    return value;
  };

  let head = prepared.head.get() ?? 0;

  const checked = (room: RoomId, { sum, ...row }: RowInTable): StoredRow => {
    if (crc32(row.bytes) !== sum)
      throw new StorageError('damaged', `row ${row.cursor} of ${room} is damaged`);
    return { room, ...row };
  };

  const write = database.transaction((batch: WriteBatch): StoredRow[] => {
    let cursor = head;
    const stored: StoredRow[] = [];
    const heads = new Map<RoomId, { id: number; rows: number; last: StoredRow | null }>();
    for (const { room, by, device, at, bytes } of batch.rows) {
      let known = heads.get(room);
      if (!known) {
        const found = prepared.room.get(room);
        const id = found?.id ?? Number(prepared.addRoom.run(room, by, at).lastInsertRowid);
        heads.set(room, (known = { id, rows: found?.rows ?? 0, last: null }));
      }
      const row: StoredRow = { room, cursor: ++cursor, seq: known.rows++, by, at, bytes };
      prepared.addRow.run(cursor, known.id, row.seq, by, device, at, crc32(bytes), bytes);
      known.last = row;
      stored.push(row);
    }
    for (const { id, rows, last } of heads.values())
      if (last) prepared.moveRoom.run(rows, last.cursor, last.by, last.at, id);
    for (const { device, n, result } of batch.commands) {
      prepared.addCommand.run(device, result.id, JSON.stringify(result));
      prepared.moveDevice.run(device, n);
    }
    for (const { client, member, device, at } of batch.leases)
      prepared.addLease.run(client, member, device, at);
    for (const { client, room, member, at } of batch.claims) prepared.addClaim.run(client, room, member, at);
    for (const { room, readers } of batch.readers) {
      const wanted = new Set<string>(readers === 'everyone' ? [everyone] : readers);
      for (const member of prepared.readersOf.all(room))
        if (!wanted.has(member)) prepared.dropReader.run(room, member);
      for (const member of wanted) prepared.addReader.run(room, member, cursor);
    }
    for (const write of batch.also) write();
    return stored;
  });

  /** Runs storage code; whatever SQLite throws leaves as a StorageError. */
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw asStorageError(error);
    }
  };

  const roomNumber = (room: RoomId): number | null => prepared.room.get(room)?.id ?? null;
  const asHead = ({ id: _id, ...rest }: StoredRoom): RoomHead => rest;

  /** From the newest down, as far as needed: seq and cursor rise together within a room. */
  const walkDown = (
    room: RoomId,
    cursor: number,
    mostRows: number,
    mostBytes: number,
  ): StoredRow[] | null => {
    const id = roomNumber(room);
    const rows: StoredRow[] = [];
    if (id === null) return rows;
    let bytes = 0;
    for (const row of prepared.rowsDown.iterate(id)) {
      if (row.cursor <= cursor) break;
      bytes += row.bytes.length;
      if (rows.length >= mostRows || bytes > mostBytes) return null;
      rows.push(checked(room, row));
    }
    return rows.reverse();
  };

  return {
    workspace: meta('workspace') as WorkspaceId,
    epoch: meta('epoch'),
    epochs: JSON.parse(meta('epochs')) as Welcome['epochs'],
    receiptKey: Buffer.from(meta('receipt-key'), 'hex'),
    backedUp: () => guarded(() => Number(prepared.meta.get('backed-up') ?? 0)),
    commit: (batch) =>
      guarded(() => {
        const rows = write.immediate(batch);
        head = rows.at(-1)?.cursor ?? head;
        return rows;
      }),
    head: () => head,
    room: (room) =>
      guarded(() => {
        const found = prepared.room.get(room);
        return found ? asHead(found) : null;
      }),
    changedRooms: (member, since, limit) =>
      guarded(() => {
        // Two walks along an index each: rooms with newer rows, and rooms this member was let into since.
        const newer = prepared.changed.all(since, member, limit + 1);
        const joined = prepared.joined.all(member, since, since);
        const all = [...newer, ...joined].sort((a, b) => a.changed - b.changed);
        return cutWithTies(all, limit);
      }),
    rowsAfter: (room, cursor) => guarded(() => walkDown(room, cursor, Infinity, Infinity) ?? []),
    fewRowsAfter: (room, cursor, mostRows, mostBytes) =>
      guarded(() => walkDown(room, cursor, mostRows, mostBytes)),
    rowsFrom: (room, seq, limit) =>
      guarded(() => {
        const id = roomNumber(room);
        return id === null ? [] : prepared.rowsUp.all(id, seq, limit).map((row) => checked(room, row));
      }),
    snapshot: (room) =>
      guarded(() => {
        const found = prepared.snapshot.get(room);
        // A snapshot only saves work: a damaged one is as good as none.
        if (!found || crc32(found.bytes) !== found.sum) return null;
        return { cursor: found.cursor, bytes: found.bytes };
      }),
    saveSnapshot: (room, cursor, bytes) =>
      guarded(() => void prepared.saveSnapshot.run(room, cursor, crc32(bytes), bytes)),
    base: (room, upTo) =>
      guarded(() => {
        // A damaged one is as good as none: an older one, or the log itself, says the same.
        for (const { seq, state, sum } of prepared.bases.all(room, upTo))
          if (sumOf(state) === sum) return { seq, state: JSON.parse(state) as unknown };
        return null;
      }),
    saveBase: (room, seq, state) =>
      guarded(() => {
        const text = JSON.stringify(state);
        prepared.saveBase.run(room, seq, text, sumOf(text));
        prepared.dropBases.run(room, seq - basesSpan);
      }),
    settled: (device, id) =>
      guarded(() => {
        const found = prepared.settled.get(device, id);
        return found === undefined ? null : (JSON.parse(found) as CommandResult);
      }),
    lastCommand: (device) => guarded(() => prepared.lastCommand.get(device) ?? 0),
    leaseHolder: (client) => guarded(() => prepared.leaseHolder.get(client) ?? null),
    claimHolder: (client, room) => guarded(() => prepared.claimHolder.get(client, room) ?? null),
    highestLease: () =>
      guarded(() => Math.max(prepared.highestLease.get() ?? 0, Number(prepared.meta.get('leased-up-to') ?? 0))),
    isClientTaken: (client) => guarded(() => prepared.clientTaken.get(client, client) !== undefined),
    rooms: (prefix) => guarded(() => prepared.rooms.all(prefix, afterPrefix(prefix)).map(asHead)),
    probe: (now) =>
      guarded(() => {
        prepared.beat.run(String(now));
        if (prepared.meta.get('heartbeat') !== String(now))
          throw new StorageError('disk', 'the heartbeat could not be read back');
      }),
    close: () => void database.close(),
  };
}

/** The first `limit`, and all that changed at the same cursor as the last of them. */
function cutWithTies(all: readonly ChangedHead[], limit: number): ChangedHead[] {
  const last = all[limit - 1];
  if (!last) return [...all];
  return all.filter((room, i) => i < limit || room.changed === last.changed);
}

function prepare(database: SqliteDatabase) {
  const row = 'cursor, seq, by, at, sum, bytes';
  const headOf = 'rooms.room, rooms.rows, rooms.cursor, rooms.by, rooms.at';
  return {
    meta: database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck(),
    beat: database.prepare<[string]>(
      "INSERT INTO meta (key, value) VALUES ('heartbeat', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    ),
    head: database.prepare<[], number | null>('SELECT max(cursor) FROM rows').pluck(),
    room: database.prepare<[RoomId], StoredRoom>(
      'SELECT id, room, rows, cursor, by, at FROM rooms WHERE room = ?',
    ),
    rooms: database.prepare<[string, string], StoredRoom>(
      'SELECT id, room, rows, cursor, by, at FROM rooms WHERE room >= ? AND room < ? ORDER BY room',
    ),
    addRoom: database.prepare<[RoomId, MemberId, number]>(
      'INSERT INTO rooms (room, rows, cursor, by, at) VALUES (?, 0, 0, ?, ?)',
    ),
    moveRoom: database.prepare<[number, number, MemberId, number, number]>(
      'UPDATE rooms SET rows = ?, cursor = ?, by = ?, at = ? WHERE id = ?',
    ),
    addRow: database.prepare<[number, number, number, MemberId, DeviceId, number, number, Uint8Array]>(
      'INSERT INTO rows (cursor, room, seq, by, device, at, sum, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    rowsDown: database.prepare<[number], RowInTable>(
      `SELECT ${row} FROM rows WHERE room = ? ORDER BY seq DESC`,
    ),
    rowsUp: database.prepare<[number, number, number], RowInTable>(
      `SELECT ${row} FROM rows WHERE room = ? AND seq >= ? ORDER BY seq LIMIT ?`,
    ),
    changed: database.prepare<[number, MemberId, number], ChangedHead>(
      `SELECT ${headOf}, rooms.cursor AS changed FROM rooms
       WHERE rooms.cursor > ? AND EXISTS (
         SELECT 1 FROM readers WHERE readers.room = rooms.room AND readers.member IN ('${everyone}', ?))
       ORDER BY rooms.cursor LIMIT ?`,
    ),
    // Without a limit: rooms that one commit opened must not be split.
    joined: database.prepare<[MemberId, number, number], ChangedHead>(
      `SELECT ${headOf}, readers.since AS changed FROM readers JOIN rooms ON rooms.room = readers.room
       WHERE readers.member = ? AND readers.since > ? AND rooms.cursor <= ?
       ORDER BY readers.since`,
    ),
    readersOf: database.prepare<[RoomId], string>('SELECT member FROM readers WHERE room = ?').pluck(),
    addReader: database.prepare<[RoomId, string, number]>(
      'INSERT INTO readers (room, member, since) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    dropReader: database.prepare<[RoomId, string]>('DELETE FROM readers WHERE room = ? AND member = ?'),
    addCommand: database.prepare<[DeviceId, string, string]>(
      'INSERT INTO commands (device, id, result) VALUES (?, ?, ?)',
    ),
    moveDevice: database.prepare<[DeviceId, number]>(
      'INSERT INTO devices (device, n) VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET n = max(n, excluded.n)',
    ),
    settled: database
      .prepare<[DeviceId, string], string>('SELECT result FROM commands WHERE device = ? AND id = ?')
      .pluck(),
    lastCommand: database.prepare<[DeviceId], number>('SELECT n FROM devices WHERE device = ?').pluck(),
    addLease: database.prepare<[number, MemberId, DeviceId, number]>(
      'INSERT INTO leases (client, member, device, at) VALUES (?, ?, ?, ?)',
    ),
    leaseHolder: database.prepare<[number], { member: MemberId; device: DeviceId }>(
      'SELECT member, device FROM leases WHERE client = ?',
    ),
    highestLease: database.prepare<[], number | null>('SELECT max(client) FROM leases').pluck(),
    addClaim: database.prepare<[number, RoomId, MemberId, number]>(
      'INSERT INTO claims (client, room, member, at) VALUES (?, ?, ?, ?)',
    ),
    claimHolder: database
      .prepare<[number, RoomId], MemberId>('SELECT member FROM claims WHERE client = ? AND room = ?')
      .pluck(),
    clientTaken: database
      .prepare<[number, number], number>(
        'SELECT 1 FROM leases WHERE client = ? UNION ALL SELECT 1 FROM claims WHERE client = ? LIMIT 1',
      )
      .pluck(),
    snapshot: database.prepare<[RoomId], { cursor: number; sum: number; bytes: Uint8Array }>(
      'SELECT cursor, sum, bytes FROM snapshots WHERE room = ?',
    ),
    saveSnapshot: database.prepare<[RoomId, number, number, Uint8Array]>(
      'INSERT OR REPLACE INTO snapshots (room, cursor, sum, bytes) VALUES (?, ?, ?, ?)',
    ),
    bases: database.prepare<[RoomId, number], { seq: number; state: string; sum: number }>(
      'SELECT seq, state, sum FROM bases WHERE room = ? AND seq <= ? ORDER BY seq DESC',
    ),
    dropBases: database.prepare<[RoomId, number]>('DELETE FROM bases WHERE room = ? AND seq < ?'),
    saveBase: database.prepare<[RoomId, number, string, number]>(
      'INSERT OR REPLACE INTO bases (room, seq, state, sum) VALUES (?, ?, ?, ?)',
    ),
  };
}
