/*
 * The records of all rooms in few pieces. A browser gives a value that holds thousands of them in a tenth of the time that
 * it takes to give them one by one, and every start waits for them. Beside them stand the rooms that changed since they
 * were made: who writes or removes a record notes that in the same transaction, here.
 *
 * Files and conversations of customers, which somebody may have ten thousand of, are in pieces of their own, and so is
 * what a list of customers shows: that is a twentieth of them, and there long before the rest.
 */
import type { MemberId, RoomId } from '../../../../shared/base/ids.ts';
import { findRoom } from '../../../../shared/documents/registry.ts';
import { customerOfRoom, linesOf, packLines, unpackLines } from '../../projection/customer-lines.ts';
import type { RoomRecord, RoomsAtStart } from '../contract.ts';
import { read, writeSoon, type GetDb, type ReadTx, type WriteTx } from './transaction.ts';

export type RecordTx = WriteTx<['rooms', 'overview']>;

/** The names of rooms have a slash, these have none. */
const whole = 'whole';
const lines = 'lines';
/** Followed by the number of the piece. */
const customers = 'customers';
const isCustomers = (key: string): boolean => key.startsWith(customers) && !isRoom(key);
/** Another value means that the pieces and the notes beside them were thrown away since. */
const age = 'age';
const isRoom = (key: string): key is RoomId => key.includes('/');

/** Fewer records are read as quickly one by one. */
const least = 300;
/** So many changes make new pieces worth while, and more than these in one transaction end them. */
const many = 64;
/** With more changes than these they are no help. */
const tooMany = 500;
/** Records of customers in a piece: what is read of it keeps a page from drawing for a moment. */
const inPiece = 600;

/**
 * Read by itself always: what somebody may know of it may become less by any change, and is then to be found nowhere on
 * this device.
 */
const standsApart = (room: RoomId): boolean => {
  const kind = findRoom(room)?.kind;
  return kind?.class === 'log' && kind.partly !== undefined;
};

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
/** Read as text in a third of the time that it takes as a value. */
const decode = (bytes: unknown): unknown => JSON.parse(new TextDecoder().decode(bytes as Uint8Array));

export function putRecords(tx: RecordTx, records: readonly RoomRecord[]): void {
  for (const record of records) void tx.objectStore('rooms').put(record);
  if (records.length > many) return forgetOverview(tx as never);
  for (const { room } of records) void tx.objectStore('overview').put(Math.random(), room);
}

/** What was said last in it goes from the pieces, too. */
export function deleteRecord(tx: RecordTx, room: RoomId): void {
  void tx.objectStore('rooms').delete(room);
  forgetOverview(tx as never);
}

/** They may hold what nobody is to find on this device any more. */
export function forgetOverview(tx: WriteTx<['overview']>): void {
  void tx.objectStore('overview').clear();
  void tx.objectStore('overview').put(Math.random(), age);
}

export async function allRecords(tx: ReadTx<['rooms', 'overview']>): Promise<RoomRecord[]> {
  const [rooms, overview] = [tx.objectStore('rooms'), tx.objectStore('overview')];
  const [piece, keys] = await Promise.all([overview.get(whole), overview.getAllKeys()]);
  const changed = keys.filter(isRoom);
  if (!Array.isArray(piece) || changed.length > tooMany) return rooms.getAll();
  const isChanged = new Set(changed);
  const records = piece.filter(({ room }) => !isChanged.has(room));
  // One after the other: between two of them a page may draw.
  for (const key of keys.filter(isCustomers))
    for (const record of decode(await overview.get(key)) as RoomRecord[])
      if (!isChanged.has(record.room)) records.push(record);
  const now = await Promise.all(changed.map((room) => rooms.get(room)));
  for (const record of now) if (record !== undefined) records.push(record);
  return records;
}

/**
 * What is read first where a page begins with the list of customers; null where that is no quicker than everything.
 * Of customers with changes since, the records are among these, and no line.
 */
export async function recordsAtStart(tx: ReadTx<['rooms', 'overview']>): Promise<RoomsAtStart | null> {
  const [rooms, overview] = [tx.objectStore('rooms'), tx.objectStore('overview')];
  const [piece, packed, keys] = await Promise.all([
    overview.get(whole),
    overview.get(lines),
    overview.getAllKeys(),
  ]);
  const changed = keys.filter(isRoom);
  if (!Array.isArray(piece) || packed === undefined || changed.length > tooMany) return null;
  const all = unpackLines(decode(packed));
  if (!all) return null;
  const isChanged = new Set(changed.flatMap((room) => customerOfRoom(room)?.rooms ?? room));
  const now = await Promise.all([...isChanged].map((room) => rooms.get(room)));
  return {
    records: [
      ...piece.filter(({ room }) => !isChanged.has(room)),
      ...now.filter((record) => record !== undefined),
    ],
    lines: all.filter(({ room }) => !isChanged.has(room)),
  };
}

/** Makes the pieces anew where that is worth while; nobody who writes meanwhile waits, and what they write counts. */
export async function makeOverview(getDb: GetDb, me: MemberId): Promise<void> {
  const before = await read(getDb, ['rooms', 'overview'], async (tx) => {
    const [rooms, overview] = [tx.objectStore('rooms'), tx.objectStore('overview')];
    const [held, count, keys] = await Promise.all([
      overview.getKey(lines),
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
    return { records, notes, since, held: keys.filter(isCustomers) };
  });
  if (!before) return;
  const kept = before.records.filter(({ room }) => !standsApart(room));
  const far = kept.filter(({ room }) => customerOfRoom(room) !== null);
  const pieces = Array.from({ length: Math.ceil(far.length / inPiece) }, (_, i) =>
    encode(far.slice(i * inPiece, (i + 1) * inPiece)),
  );
  const shown = encode(packLines(linesOf(far, me)));
  await writeSoon(getDb, ['overview'], async (tx) => {
    if ((await tx.store.get(age)) !== before.since) return;
    for (const key of before.held) void tx.store.delete(key);
    void tx.store.put(
      kept.filter(({ room }) => customerOfRoom(room) === null),
      whole,
    );
    pieces.forEach((piece, i) => void tx.store.put(piece, `${customers}${i}`));
    void tx.store.put(shown, lines);
    for (const { room } of before.records) if (standsApart(room)) void tx.store.put(Math.random(), room);
    for (const [room, note] of before.notes)
      // Noted again since: it changed again.
      if (!standsApart(room) && (await tx.store.get(room)) === note) void tx.store.delete(room);
  });
}
