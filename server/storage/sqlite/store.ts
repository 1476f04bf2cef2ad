import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isGuest } from '../../../shared/base/guests.ts';
import type { MemberId, RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { CommandResult, Welcome } from '../../../shared/protocol/messages.ts';
import type { ChangedHead, Erasure, RelayStore, RoomHead, StoredRow, WriteBatch } from '../contract.ts';
import { StorageError } from '../storage-error.ts';
import { mendAnswers } from './answers.ts';
import { guarded as guardedBy } from './guard.ts';
import { createSqliteHistory } from './history-store.ts';
import { openLogSync } from './log-sync.ts';
import { nameNumber } from './names.ts';
import type { SqliteDatabase } from './open.ts';
import { readRooms, type StoredRoom } from './rooms.ts';
import { prepare, type RowInTable } from './statements.ts';
import { bytesSum, identitySum, markOf, sumOf } from './sums.ts';
import { unhurried } from './unhurried.ts';

/** Stands for every member in `readers`; no id can be this. */
const everyone = '*';

/** Entries behind the newest kept state that others are kept for: nobody is given a state further back. */
const basesSpan = 4_096;

/**
 * Pages of the write-ahead log after which it is written back to the database, which holds everybody up for some
 * milliseconds: 32 MB, and commits between two looks at it.
 */
const mostPages = 8_000;
const commitsBetweenLooks = 16;

/** Answers that a device can always ask for again: more than it can have on the way when its connection breaks. */
const keptAnswers = 500;

export interface SqliteStoreOptions {
  /** Gives it `sync`. Only where the next start can tell whether the power was cut. */
  readonly syncsBeside?: boolean;
}

/** The log in an open database. Everything it does to `rows` is an insert, save what was taken back. */
export function createSqliteStore(database: SqliteDatabase, options: SqliteStoreOptions = {}): RelayStore {
  const prepared = prepare(database);
  const history = createSqliteHistory(database);
  const guarded = <T>(work: () => T): T => guardedBy(database, work);
  const meta = (key: string): string => {
    const value = guarded(() => prepared.meta.get(key));
    if (value === undefined) throw new StorageError('damaged', `the database does not know its ${key}`);
    return value;
  };

  if (meta('identity-sum') !== guarded(() => String(identitySum(database))))
    throw new StorageError('damaged', 'its name or its key is not what it was');
  const rooms = guarded(() => readRooms(database));
  const areAnswersLost = guarded(() => mendAnswers(database));
  // Synced: it brings to the disk what an earlier process wrote, and the log's own entry in its folder.
  if (options.syncsBeside) guarded(() => prepared.beat.run(randomUUID()));
  const logSync = options.syncsBeside ? openLogSync(database) : null;
  let beats = 0;
  let head = 0;
  for (const { cursor } of rooms.values()) head = Math.max(head, cursor);

  const damaged = (room: RoomId, what: string): StorageError =>
    new StorageError('damaged', `${what} of ${room} is damaged`, { room });

  const checked = (room: StoredRoom, row: RowInTable): StoredRow => {
    const { cursor, seq, by, at, sum, mark, bytes } = row;
    if (bytesSum(bytes) !== sum || markOf({ ...row, room: room.id }) !== mark)
      throw damaged(room.room, `row ${cursor}`);
    return { room: room.room, cursor, seq, by, at, bytes };
  };

  /** The position below a row where the next one is: rows that were merged into it have none any more. */
  const below = (room: StoredRoom, { cursor, seq }: StoredRow, next: number): number =>
    next === seq - 1 ? next : seq - (mergedRows(room, cursor) ?? 1);
  const mergedRows = (room: StoredRoom, cursor: number): number | undefined =>
    prepared.mergedRows?.get(cursor, room.id);

  /** Reads rows of one room: pages that cannot be read are damage of this room. */
  const reading = <T>(room: RoomId, work: (found: StoredRoom) => T, none: T): T => {
    const found = rooms.get(room);
    if (!found) return none;
    try {
      return guarded(() => work(found));
    } catch (error) {
      if (error instanceof StorageError && error.reason === 'damaged' && !error.room)
        throw new StorageError('damaged', `a page of ${room} is damaged`, { cause: error, room });
      throw error;
    }
  };

  /** Rooms as they are after the commit that is being written. */
  const moved = new Map<RoomId, StoredRoom>();
  const addRoom = (room: RoomId, by: MemberId, at: number): number => {
    const id = Number(prepared.addRoom.run(room, by, at).lastInsertRowid);
    prepared.nameRoom.run(id, room, sumOf(id, room));
    return id;
  };

  /** `stored`: rows of this commit, which are told as they are from now on. */
  const erase = ({ room, rows, id, without }: Erasure, stored: StoredRow[]): void => {
    const { id: number } = moved.get(room) ?? rooms.get(room)!;
    for (const { seq, bytes, files } of rows) {
      prepared.replaceRow.run(bytes, crc32(bytes), number, seq);
      const own = stored.findIndex((row) => row.room === room && row.seq === seq);
      if (own >= 0) stored[own] = { ...stored[own]!, bytes };
      for (const hash of files) prepared.dropName.run(number, nameNumber(hash), seq);
    }
    for (const hash of rows.flatMap(({ files }) => files))
      if (prepared.naming.get(number, nameNumber(hash)) === undefined) prepared.leaveFile?.run(room, hash);
    for (const { seq, state, sum } of prepared.basesNaming.all(room, id))
      if (sumOf(room, seq, state) === sum) {
        const text = JSON.stringify(without(JSON.parse(state)));
        prepared.saveBase.run(room, seq, text, sumOf(room, seq, text));
      }
  };

  const write = database.transaction((batch: WriteBatch): StoredRow[] => {
    moved.clear();
    let cursor = head;
    const stored: StoredRow[] = [];
    for (const { room, by, device, at, bytes, names = [] } of batch.rows) {
      const before = moved.get(room) ?? rooms.get(room);
      const seq = before?.rows ?? 0;
      const id = before?.id ?? addRoom(room, by, at);
      cursor++;
      const mark = markOf({ cursor, room: id, seq, by, device, at });
      prepared.addRow.run(cursor, id, seq, by, device, at, crc32(bytes), mark, bytes);
      for (const name of names) prepared.addName.run(id, nameNumber(name), seq);
      moved.set(room, { id, room, rows: seq + 1, cursor, by, at });
      stored.push({ room, cursor, seq, by, at, bytes });
    }
    for (const erasure of batch.erasures) erase(erasure, stored);
    for (const { id, room, rows, cursor: newest, by, at } of moved.values())
      prepared.moveRoom.run(rows, newest, by, at, sumOf(id, room, rows, newest, by, at), id);
    for (const { device, n, at, result } of batch.commands) {
      const text = JSON.stringify(result);
      const sum = sumOf(device, result.id, n, at, text);
      if (prepared.addCommand.run(device, result.id, n, at, text, sum).changes === 0)
        throw new StorageError('disk', 'a command is settled twice');
      prepared.moveDevice.run(device, n);
    }
    for (const { client, member, device, at } of batch.leases)
      prepared.addLease.run(client, member, device, at, sumOf(client, member, device, at));
    for (const { client, room, member, at } of batch.claims)
      prepared.addClaim.run(client, room, member, at, sumOf(client, room, member, at));
    for (const { room, readers } of batch.readers) {
      const wanted = new Set<string>(readers === 'everyone' ? [everyone] : readers);
      for (const member of prepared.readersOf.all(room))
        if (!wanted.has(member)) prepared.dropReader.run(room, member);
      for (const member of wanted) prepared.addReader.run(room, member, cursor, sumOf(room, member, cursor));
    }
    for (const { room, isOpen } of batch.jobs) {
      if (isOpen) prepared.openJob.run(room);
      else prepared.closeJob.run(room);
    }
    for (const write of batch.also) write();
    if (logSync?.mayMark ?? true) prepared.synced.run();
    // A commit that changes nothing would not be synced, nor what is written before it.
    else if (!batch.syncLater) prepared.beat.run(String(++beats));
    return stored;
  });

  /** What is replaced is written over with zeros in the file, also where its place becomes free. */
  const overwriting = <T>(work: () => T): T => {
    database.pragma('secure_delete = ON');
    try {
      return work();
    } finally {
      database.pragma('secure_delete = OFF');
    }
  };

  const commit = (batch: WriteBatch): StoredRow[] => {
    if (!logSync || !batch.syncLater) {
      const writes = (): StoredRow[] => write.immediate(batch);
      const rows = batch.erasures.length > 0 ? overwriting(writes) : writes();
      logSync?.synced();
      return rows;
    }
    const isMarked = logSync.mayMark;
    const rows = unhurried(database, () => write.immediate(batch));
    if (isMarked) logSync.marked();
    return rows;
  };

  const asHead = ({ id: _id, ...rest }: StoredRoom): RoomHead => rest;

  /** From the newest down, as far as needed: seq and cursor rise together within a room. */
  const walkDown = (
    room: StoredRoom,
    cursor: number,
    mostRows: number,
    mostBytes: number,
  ): StoredRow[] | null => {
    const rows: StoredRow[] = [];
    const newest = room.rows - 1;
    let bytes = 0;
    for (const row of prepared.rowsDown.iterate(room.id)) {
      const above = rows.at(-1);
      if (row.seq !== (above ? below(room, above, row.seq) : newest))
        throw damaged(room.room, `what follows row ${row.seq}`);
      if (row.cursor <= cursor) return rows.reverse();
      const sound = checked(room, row);
      bytes += sound.bytes.length;
      if (rows.length >= mostRows || bytes > mostBytes) return null;
      rows.push(sound);
    }
    const first = rows.at(-1);
    if ((first ? below(room, first, -1) : newest) !== -1) throw damaged(room.room, 'the beginning');
    return rows.reverse();
  };

  const readFrom = (room: StoredRoom, seq: number, limit: number): StoredRow[] => {
    const rows = prepared.rowsUp.all(room.id, seq, limit).map((row) => checked(room, row));
    let expected = Math.max(0, seq);
    for (const row of rows) {
      // A row that others were merged into stands where the last of them was.
      if (row.seq !== expected && row.seq - (mergedRows(room, row.cursor) ?? 1) >= expected)
        throw damaged(room.room, `row ${expected}`);
      expected = row.seq + 1;
    }
    if (rows.length < limit && expected < room.rows) throw damaged(room.room, `row ${expected}`);
    return rows;
  };

  /** Commits since the log was looked at, and its pages when it is written back next. */
  let commits = 0;
  let due = mostPages;
  const pagesInLog = (): number =>
    (database.pragma('wal_checkpoint(NOOP)') as [{ readonly log: number }])[0].log;

  return {
    workspace: meta('workspace') as WorkspaceId,
    epoch: meta('epoch'),
    epochs: readEpochs(meta('epochs')),
    receiptKey: Buffer.from(meta('receipt-key'), 'hex'),
    backedUp: () => guarded(() => Number(prepared.meta.get('backed-up') ?? 0)),
    commit: (batch) =>
      guarded(() => {
        logSync?.expectSure();
        const rows = commit(batch);
        head = rows.at(-1)?.cursor ?? head;
        for (const room of moved.values()) rooms.set(room.room, room);
        return rows;
      }),
    ...(logSync ? { sync: logSync.sync } : {}),
    tidy: () =>
      guarded(() => {
        if (++commits < commitsBetweenLooks) return;
        commits = 0;
        const pages = pagesInLog();
        if (pages < due) return;
        // Where it fails for want of space it is tried again when there is as much again, not at every commit.
        due = pages + mostPages;
        database.pragma('wal_checkpoint(PASSIVE)');
        due = mostPages;
      }),
    head: () => head,
    room: (room) => {
      const found = rooms.get(room);
      return found ? asHead(found) : null;
    },
    changedRooms: (member, since, limit) =>
      guarded(() => {
        // Two walks along an index each: rooms with newer rows, and rooms this member was let into since.
        const newer = prepared.changed.all(since, isGuest(member) ? member : everyone, member, limit + 1);
        const joined = prepared.joined.all(member, since, since);
        const all = [...newer, ...joined].flatMap(({ room, changed }) => {
          const found = rooms.get(room);
          return found ? [{ ...asHead(found), changed }] : [];
        });
        return cutWithTies(
          all.sort((a, b) => a.changed - b.changed),
          limit,
        );
      }),
    rowsAfter: (room, cursor) =>
      reading(room, (found) => walkDown(found, cursor, Infinity, Infinity) ?? [], []),
    fewRowsAfter: (room, cursor, mostRows, mostBytes) =>
      reading(room, (found) => walkDown(found, cursor, mostRows, mostBytes), []),
    rowsFrom: (room, seq, limit) => reading(room, (found) => readFrom(found, seq, limit), []),
    naming: (room, name) => reading(room, (found) => prepared.naming.all(found.id, nameNumber(name)), []),
    history,
    snapshot(room) {
      const checkpoint = history.checkpoint(room);
      const parts: Uint8Array[] = [];
      for (let i = 0; i < (checkpoint?.parts ?? 0); i++) {
        const part = history.part(room, checkpoint!.cursor, i);
        // It only saves work: a damaged one is as good as none.
        if (!part || crc32(part.bytes) !== part.sum) return null;
        parts.push(part.bytes);
      }
      return checkpoint && { cursor: checkpoint.cursor, bytes: Buffer.concat(parts) };
    },
    base: (room, upTo) =>
      guarded(() => {
        // A damaged one is as good as none: an older one, or the log itself, says the same.
        for (const { seq, state, sum } of prepared.bases.all(room, upTo))
          if (sumOf(room, seq, state) === sum) return { seq, state: JSON.parse(state) as unknown };
        return null;
      }),
    saveBase: (room, seq, state) =>
      guarded(() => {
        const text = JSON.stringify(state);
        prepared.saveBase.run(room, seq, text, sumOf(room, seq, text));
        prepared.dropBases.run(room, seq - basesSpan);
      }),
    settled: (device, id) =>
      guarded(() => {
        const found = prepared.settled.get(device, id);
        if (!found) return areAnswersLost ? 'damaged' : null;
        return found.isSound ? (JSON.parse(found.result) as CommandResult) : 'damaged';
      }),
    forgetAnswers: (before, most) =>
      guarded(() => {
        let left = most;
        for (const device of prepared.busyDevices.all(keptAnswers)) {
          left -= prepared.forgetAnswers.run(device, device, keptAnswers, before, left).changes;
          if (left <= 0) return true;
        }
        return false;
      }),
    lastCommand: (device) => guarded(() => prepared.lastCommand.get(device) ?? 0),
    leaseHolder: (client) => guarded(() => prepared.leaseHolder.get(client) ?? null),
    claimHolder: (client, room) => guarded(() => prepared.claimHolder.get(client, room) ?? null),
    highestLease: () =>
      guarded(() =>
        Math.max(prepared.highestLease.get() ?? 0, Number(prepared.meta.get('leased-up-to') ?? 0)),
      ),
    isClientTaken: (client) => guarded(() => prepared.clientTaken.get(client, client) !== undefined),
    openJobs: () => guarded(() => prepared.openJobs.all()),
    rooms: (prefix) =>
      [...rooms.values()]
        .filter(({ room }) => room.startsWith(prefix))
        .map(asHead)
        .sort((a, b) => (a.room < b.room ? -1 : 1)),
    probe: (now) =>
      guarded(() => {
        prepared.beat.run(String(now));
        if (prepared.meta.get('heartbeat') !== String(now))
          throw new StorageError('disk', 'the heartbeat could not be read back');
      }),
    close() {
      logSync?.close();
      database.close();
    },
  };
}

function readEpochs(text: string): Welcome['epochs'] {
  try {
    return JSON.parse(text) as Welcome['epochs'];
  } catch {
    throw new StorageError('damaged', 'the list of its epochs cannot be read');
  }
}

/** The first `limit`, and all that changed at the same cursor as the last of them. */
function cutWithTies(all: readonly ChangedHead[], limit: number): ChangedHead[] {
  const last = all[limit - 1];
  if (!last) return [...all];
  return all.filter((room, i) => i < limit || room.changed === last.changed);
}
