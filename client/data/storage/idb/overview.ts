/*
 * The records of all rooms in one piece. A browser gives a value that holds thousands of them in a tenth of the time that
 * it takes to give them one by one, and every start waits for them. Beside it stand the rooms that changed since it was
 * made: who writes or removes a record notes that in the same transaction, here.
 */
import type { RoomId } from '../../../../shared/base/ids.ts';
import { findRoom } from '../../../../shared/documents/registry.ts';
import type { RoomRecord } from '../contract.ts';
import { read, writeSoon, type GetDb, type ReadTx, type WriteTx } from './transaction.ts';

export type RecordTx = WriteTx<['rooms', 'overview']>;

/** The names of rooms are longer. */
const whole = 'whole';
/** Another value means that the piece and the notes beside it were thrown away since. */
const age = 'age';
const isRoom = (key: string): key is RoomId => key !== whole && key !== age;

/** Fewer records are read as quickly one by one. */
const least = 300;
/** So many changes make a new piece worth while, and more than these in one transaction end it. */
const many = 64;
/** With more changes than these it is no help. */
const tooMany = 500;

/**
 * Read by itself always: what somebody may know of it may become less by any change, and is then to be found nowhere on
 * this device.
 */
const standsApart = (room: RoomId): boolean => {
  const kind = findRoom(room)?.kind;
  return kind?.class === 'log' && kind.partly !== undefined;
};

export function putRecords(tx: RecordTx, records: readonly RoomRecord[]): void {
  for (const record of records) void tx.objectStore('rooms').put(record);
  if (records.length > many) return forgetOverview(tx as never);
  for (const { room } of records) void tx.objectStore('overview').put(Math.random(), room);
}

/** What was said last in it goes from the piece, too. */
export function deleteRecord(tx: RecordTx, room: RoomId): void {
  void tx.objectStore('rooms').delete(room);
  forgetOverview(tx as never);
}

/** It may hold what nobody is to find on this device any more. */
export function forgetOverview(tx: WriteTx<['overview']>): void {
  void tx.objectStore('overview').clear();
  void tx.objectStore('overview').put(Math.random(), age);
}

export async function allRecords(tx: ReadTx<['rooms', 'overview']>): Promise<RoomRecord[]> {
  const [rooms, overview] = [tx.objectStore('rooms'), tx.objectStore('overview')];
  const [piece, keys] = await Promise.all([overview.get(whole), overview.getAllKeys()]);
  const changed = keys.filter(isRoom);
  if (!Array.isArray(piece) || changed.length > tooMany) return rooms.getAll();
  const now = await Promise.all(changed.map((room) => rooms.get(room)));
  const isChanged = new Set(changed);
  return [
    ...piece.filter(({ room }) => !isChanged.has(room)),
    ...now.filter((record) => record !== undefined),
  ];
}

/** Makes the piece anew where that is worth while; nobody who writes meanwhile waits, and what they write counts. */
export async function makeOverview(getDb: GetDb): Promise<void> {
  const before = await read(getDb, ['rooms', 'overview'], async (tx) => {
    const [rooms, overview] = [tx.objectStore('rooms'), tx.objectStore('overview')];
    const [held, count, keys] = await Promise.all([
      overview.getKey(whole),
      rooms.count(),
      overview.getAllKeys(),
    ]);
    const changed = keys.filter(isRoom);
    if (count < least || (held !== undefined && changed.length < many)) return null;
    const [records, notes, since] = await Promise.all([
      rooms.getAll(),
      Promise.all(changed.map(async (room) => [room, await overview.get(room)] as const)),
      overview.get(age),
    ]);
    return { records, notes, since };
  });
  if (!before) return;
  await writeSoon(getDb, ['overview'], async (tx) => {
    if ((await tx.store.get(age)) !== before.since) return;
    void tx.store.put(
      before.records.filter(({ room }) => !standsApart(room)),
      whole,
    );
    for (const { room } of before.records) if (standsApart(room)) void tx.store.put(Math.random(), room);
    for (const [room, note] of before.notes)
      // Noted again since: it changed again.
      if (!standsApart(room) && (await tx.store.get(room)) === note) void tx.store.delete(room);
  });
}
