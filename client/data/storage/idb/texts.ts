import type { Failure } from '../../../../shared/base/errors.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import { isReadable, mergeInTree } from '../../text/merge.ts';
import type { QueuedUpdates, StoredUpdate, TextStore } from '../contract.ts';
import { goneOn, moved, movesOf, newIn, writersOf, type Move } from '../../text/rewrite.ts';
import { putRecords } from './overview.ts';
import { textAfter } from './rooms.ts';
import type { UpdateRow } from './schema.ts';
import { read, write, type GetDb } from './transaction.ts';

/** The key under which `read` tells the snapshot; rows count from 1. */
const snapshotKey = 0;

export function idbTexts(getDb: GetDb): TextStore {
  /** All rows of a room with their keys. Both lists come in key order within one transaction. */
  const rowsOf = (room: RoomId) =>
    read(getDb, ['updates', 'snapshots', 'rooms'], async (tx) => {
      const index = tx.objectStore('updates').index('room');
      const [snapshot, keys, rows, held] = await Promise.all([
        tx.objectStore('snapshots').get(room),
        index.getAllKeys(room),
        index.getAll(room),
        tx.objectStore('rooms').get(room),
      ]);
      const begun = held?.moved?.length ?? 0;
      return { snapshot, rows: rows.map((row, i) => ({ key: keys[i]!, row })), begun };
    });

  return {
    async read(room) {
      const { snapshot, rows, begun } = await rowsOf(room);
      const updates: StoredUpdate[] = snapshot ? [{ key: snapshotKey, bytes: snapshot.bytes }] : [];
      for (const { key, row } of rows) if (!row.refused) updates.push({ key, bytes: row.bytes });
      return { updates, pending: rows.some(({ row }) => row.unsent !== undefined), begun };
    },

    async everything(room) {
      const { snapshot, rows } = await rowsOf(room);
      const pieces = rows.map(({ key, row }): StoredUpdate => ({
        key,
        bytes: row.bytes,
        unsent: row.unsent !== undefined || row.refused !== undefined,
        ...(row.words === undefined ? {} : { words: row.words }),
      }));
      return snapshot ? [{ key: snapshotKey, bytes: snapshot.bytes }, ...pieces] : pieces;
    },

    append: (room, bytes, by, at, begun) =>
      write(getDb, ['updates', 'rooms', 'overview'], async (tx) => {
        const held = (await tx.objectStore('rooms').get(room)) ?? null;
        const record = textAfter(held, { room, by, at });
        const times = [...(held?.moved ?? [])];
        let row: UpdateRow = { room, bytes, at, unsent: room };
        for (let time = begun; time < times.length; time++) {
          times[time] = goneOn(times[time]!, row.bytes);
          row = afterMove(row, times[time]!);
        }
        void tx.objectStore('updates').put(row);
        putRecords(tx as never, [times.length > 0 ? { ...record, moved: times } : record]);
      }),

    async compact(room, least) {
      if ((await read(getDb, ['updates'], (tx) => tx.store.index('room').count(room))) < least) return;
      const { snapshot, rows } = await rowsOf(room);
      const sent = rows.filter(({ row }) => !row.unsent && !row.refused);
      if (sent.length < Math.max(1, least)) return;
      const pieces = sent.map(({ row }) => row.bytes);
      const all = snapshot ? [snapshot.bytes, ...pieces] : pieces;
      // Damage is dealt with when the text is opened.
      if (!all.every(isReadable)) return;
      const bytes = mergeInTree(all);
      const version = snapshot?.version ?? 0;
      await write(getDb, ['updates', 'snapshots'], async (tx) => {
        const now = await tx.objectStore('snapshots').get(room);
        // Another tab was faster: what was read is not all any more.
        if ((now?.version ?? 0) !== version) return;
        // The room was forgotten meanwhile.
        if ((await tx.objectStore('updates').getKey(sent[0]!.key)) === undefined) return;
        void tx.objectStore('snapshots').put({ room, version: version + 1, bytes });
        for (const { key } of sent) void tx.objectStore('updates').delete(key);
      });
    },

    crowded: (least) =>
      read(getDb, ['updates'], async (tx) => {
        const index = tx.store.index('room');
        const rooms: RoomId[] = [];
        let cursor = await index.openKeyCursor(null, 'nextunique');
        for (; cursor; cursor = await cursor.continue())
          if ((await index.count(cursor.key)) >= least) rooms.push(cursor.key);
        return rooms;
      }),

    pendingRooms: () =>
      read(getDb, ['updates'], async (tx) => {
        const rooms: RoomId[] = [];
        let cursor = await tx.store.index('unsent').openKeyCursor(null, 'nextunique');
        for (; cursor; cursor = await cursor.continue()) rooms.push(cursor.key);
        return rooms;
      }),

    pending: (room) =>
      read(getDb, ['updates'], async (tx) => {
        const index = tx.store.index('unsent');
        const [keys, rows] = await Promise.all([index.getAllKeys(room), index.getAll(room)]);
        return rows.map((row, i) => ({ key: keys[i]!, bytes: row.bytes, moved: row.moved === true }));
      }),

    markSent: (room, keys, cursor) =>
      write(getDb, ['updates', 'rooms', 'overview'], async (tx) => {
        const updates = tx.objectStore('updates');
        for (const key of keys) {
          const row = await updates.get(key);
          if (!row) continue;
          delete row.unsent;
          void updates.put(row, key);
        }
        const held = await tx.objectStore('rooms').get(room);
        if (held) putRecords(tx as never, [{ ...held, acked: Math.max(held.acked ?? 0, cursor) }]);
      }),

    markRefused: (keys, failure, clients) =>
      write(getDb, ['updates', 'leases'], async (tx) => {
        const updates = tx.objectStore('updates');
        for (const key of keys) {
          const row = await updates.get(key);
          if (!row) continue;
          const { unsent: _, ...rest } = row;
          void updates.put({ ...rest, refused: row.room, failure }, key);
        }
        for (const client of clients) {
          const lease = await tx.objectStore('leases').get(client);
          if (lease) void tx.objectStore('leases').put({ ...lease, state: 'retired' });
        }
      }),

    beginAnew: (content, ids) =>
      write(getDb, ['updates', 'snapshots', 'rooms', 'journal', 'overview'], async (tx) => {
        const { room, at, by, cursor } = content;
        const updates = tx.objectStore('updates');
        const index = updates.index('room');
        const [keys, rows] = await Promise.all([index.getAllKeys(room), index.getAll(room)]);
        const pending = rows.filter((row) => row.unsent);
        const branch = newIn(mergeInTree(pending.map((row) => row.bytes)), content.updates);
        if (writersOf(branch).length > ids.length) return false;
        const moves = movesOf(branch, ids);
        rows.forEach((row, i) => {
          if (!row.refused) void updates.delete(keys[i]!);
        });
        void tx.objectStore('snapshots').delete(room);
        for (const bytes of content.updates) void updates.put({ room, bytes, at });
        void updates.put({
          room,
          bytes: moved(branch, moves),
          at: pending.at(-1)?.at ?? at,
          unsent: room,
          moved: true,
        });
        const held = (await tx.objectStore('rooms').get(room)) ?? null;
        const after = textAfter(held, { room, by, at });
        const times = [...(held?.moved ?? []), moves];
        putRecords(tx as never, [{ ...after, cursor, stale: false, moved: times }]);
        return true;
      }),

    queue: () =>
      read(getDb, ['updates'], async (tx) => {
        const [unsent, refused] = await Promise.all([
          tx.store.index('unsent').getAll(),
          tx.store.index('refused').getAll(),
        ]);
        return [...countByRoom(unsent), ...countByRoom(refused)];
      }),

    retryRefused: (room) =>
      write(getDb, ['updates'], async (tx) => {
        const keys = await tx.store.index('refused').getAllKeys(room);
        const again: Uint8Array[] = [];
        for (const key of keys) {
          const { refused: _, failure: _why, ...row } = (await tx.store.get(key))!;
          void tx.store.put({ ...row, unsent: room }, key);
          again.push(row.bytes);
        }
        return again;
      }),

    discardRefused: (room) =>
      write(getDb, ['updates'], async (tx) => {
        for (const key of await tx.store.index('refused').getAllKeys(room)) void tx.store.delete(key);
      }),

    dropDamaged: (room, keys) =>
      write(getDb, ['updates', 'snapshots', 'rooms', 'leases', 'overview'], async (tx) => {
        for (const lease of await tx.objectStore('leases').getAll())
          void tx.objectStore('leases').put({ ...lease, state: 'retired' });
        for (const key of keys)
          if (key === snapshotKey) void tx.objectStore('snapshots').delete(room);
          else void tx.objectStore('updates').delete(key);
        const held = await tx.objectStore('rooms').get(room);
        if (held) putRecords(tx as never, [{ ...held, cursor: 0, stale: true }]);
      }),
  };
}

/** A page that does not know yet that its branch was moved writes on under the old ids, and beside what has moved. */
function afterMove(row: UpdateRow, moves: readonly Move[]): UpdateRow {
  const isUnderOld = writersOf(row.bytes).some((writer) => moves.some(({ client }) => client === writer));
  const bytes = moved(row.bytes, moves);
  return isUnderOld ? { ...row, bytes, moved: true } : { ...row, bytes };
}

function countByRoom(rows: readonly UpdateRow[]): QueuedUpdates[] {
  const byRoom = new Map<RoomId, { room: RoomId; count: number; at: number; failure: Failure | null }>();
  for (const row of rows) {
    const known = byRoom.get(row.room);
    if (known) known.count += 1;
    else byRoom.set(row.room, { room: row.room, count: 1, at: row.at, failure: row.failure ?? null });
  }
  return [...byRoom.values()];
}
