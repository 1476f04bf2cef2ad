import type { LogEntry } from '../../../../shared/access/kind.ts';
import { failure } from '../../../../shared/base/errors.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import { decodeLogRun, encodeLogRun } from '../../../../shared/protocol/log-bytes.ts';
import type { LogContent, Row, TextContent } from '../../../../shared/protocol/messages.ts';
import { isReadable } from '../../text/merge.ts';
import { writersOf } from '../../text/rewrite.ts';
import { urgency } from '../../projection/urgency.ts';
import { journalAge, journalBytes, type JournalStore, type LostRows, type OwedRow } from '../contract.ts';
import { between } from './ranges.ts';
import type { JournalKey, JournalRun, OwedRowValue } from './schema.ts';
import { read, write, type GetDb, type WriteTx } from './transaction.ts';

const receiptLength = 16;
/** About what one run takes beside its bytes. */
const overhead = 100;

type JournalTx = WriteTx<['journal']>;

/** From base64. lib0's own way takes a worker for Node. */
const bytesOf = (receipt: string): Uint8Array =>
  Uint8Array.from(atob(receipt), (character) => character.charCodeAt(0));

const put = (tx: JournalTx, key: JournalKey, run: JournalRun): void =>
  void tx.objectStore('journal').put(run, key);

/** Keeps the receipts of log entries; those that are too old to be kept are left out. `cursor` is not below any of theirs. */
export function keepReceipts(
  tx: JournalTx,
  room: RoomId,
  cursor: number,
  entries: readonly LogEntry[],
  receipts: readonly Uint8Array[],
): void {
  const last = entries.at(-1);
  if (!last) return;
  const first = entries.findIndex((entry) => entry.at > last.at - journalAge);
  const kept = receipts.slice(first);
  const all = new Uint8Array(kept.length * receiptLength);
  kept.forEach((receipt, i) => all.set(receipt, i * receiptLength));
  put(tx, [cursor, room, entries[first]!.seq, last.at, all.length + overhead], { room, receipts: all });
}

/** Another receipt for an entry whose content is another one now, wherever it is kept. */
export async function replaceReceipt(
  tx: JournalTx,
  room: RoomId,
  seq: number,
  receipt: string,
): Promise<void> {
  const journal = tx.objectStore('journal');
  for (const key of await journal.index('room').getAllKeys(room)) {
    const [, , first, , size] = key;
    const at = (seq - first) * receiptLength;
    if (at < 0 || at >= size - overhead) continue;
    const run = await journal.get(key);
    if (!run?.receipts) continue;
    const receipts = run.receipts.slice();
    receipts.set(bytesOf(receipt), at);
    put(tx, key, { ...run, receipts });
  }
}

export const keepLogContent = (tx: JournalTx, { room, cursor, entries, receipts }: LogContent): void =>
  keepReceipts(tx, room, cursor, entries, receipts);

/** Keeps rows of a text, in the order of their cursors. */
export function keepRows(tx: JournalTx, room: RoomId, rows: NonNullable<JournalRun['rows']>): void {
  const last = rows.at(-1);
  if (!last) return;
  const size = rows.reduce((sum, row) => sum + row.bytes.length + overhead, 0);
  put(tx, [last.cursor, room, rows[0]!.cursor, last.at, size], {
    room,
    rows: rows.map(({ by, at, cursor, bytes, receipt }) => ({ by, at, cursor, bytes, receipt })),
  });
}

/**
 * A row that the relay took back, for when it is restored once more: it may be so before the room is fetched again, and a
 * text comes whole, without receipts. Which cursor the row has there is not said, so no backup counts as having it.
 */
function keepHanded(tx: JournalTx, owedAs: number, { room, by, at, bytes, receipt }: OwedRowValue): void {
  if (receipt.length === 0) return;
  const cursor = Number.MAX_SAFE_INTEGER;
  const rows = [{ by, at, cursor, bytes, receipt }];
  put(tx, [cursor, room, owedAs, at, bytes.length + overhead], { room, rows });
}

/** What came of a text by pulling; a whole text has no rows to keep. */
export const keepTextContent = (tx: JournalTx, { room, rows, updates }: TextContent): void =>
  keepRows(
    tx,
    room,
    rows.map((row, i) => ({ ...row, bytes: updates[i]! })),
  );

/** What came of a log by pushing. */
export const keepEntryRows = (
  tx: JournalTx,
  room: RoomId,
  rows: readonly Row[],
  entries: readonly LogEntry[],
) =>
  keepReceipts(
    tx,
    room,
    rows.at(-1)!.cursor,
    entries,
    rows.map((row) => row.receipt),
  );

/** Rooms are forgotten with what is kept of them. */
export async function forgetJournal(tx: WriteTx<['journal', 'owed']>, room: RoomId): Promise<void> {
  for (const store of ['journal', 'owed'] as const)
    for (const key of await tx.objectStore(store).index('room').getAllKeys(room))
      void tx.objectStore(store).delete(key as never);
}

/** What was refused and written by this device alone goes the way of its own writing, and need not be kept here too. */
export async function forgetOwed(
  tx: WriteTx<['owed']>,
  room: RoomId,
  own: ReadonlySet<number>,
): Promise<void> {
  const owed = tx.objectStore('owed');
  for (const key of await owed.index('failed').getAllKeys(room)) {
    const row = await owed.get(key);
    if (row && isReadable(row.bytes) && writersOf(row.bytes).every((client) => own.has(client)))
      void owed.delete(key);
  }
}

/** From the journal into what is owed: every row that may have a cursor above `until`, what decides rights first. */
export async function oweLost(tx: WriteTx<['journal', 'owed', 'entries']>, until: number): Promise<void> {
  const journal = tx.objectStore('journal');
  const lost: { key: JournalKey; rows: OwedRowValue[] }[] = [];
  for (const key of await journal.getAllKeys(IDBKeyRange.lowerBound([until + 1]))) {
    const run = await journal.get(key);
    if (run) lost.push({ key, rows: await rowsOf(tx, key, run, until) });
    void journal.delete(key);
  }
  const inOrder = lost.sort(
    (a, b) => urgency(a.key[1]) - urgency(b.key[1]) || a.key[0] - b.key[0] || a.key[2] - b.key[2],
  );
  for (const { rows } of inOrder) for (const row of rows) void tx.objectStore('owed').put(row);
}

async function rowsOf(
  tx: WriteTx<['journal', 'owed', 'entries']>,
  [, room, seq]: JournalKey,
  { receipts, rows }: JournalRun,
  until: number,
): Promise<OwedRowValue[]> {
  // Of a log, where it stood is in its bytes.
  if (rows)
    return rows.flatMap(({ by, at, cursor, bytes, receipt }) =>
      cursor > until ? { room, seq: 0, by, at, bytes, receipt, failure: null } : [],
    );
  const all = receipts ?? new Uint8Array();
  const entries = await tx
    .objectStore('entries')
    .getAll(between(room, seq, seq + all.length / receiptLength));
  return entries.map((entry) => {
    const at = (entry.seq - seq) * receiptLength;
    return owedEntry(room, entry, all.slice(at, at + receiptLength));
  });
}

const owedEntry = (room: RoomId, entry: LogEntry, receipt: Uint8Array): OwedRowValue => ({
  room,
  seq: entry.seq,
  by: entry.by,
  at: entry.at,
  bytes: encodeLogRun(entry.seq, [entry]),
  receipt,
  failure: null,
});

const withoutReceipt = failure('receipt-invalid', 'this device has no receipt of it');

/** Entries that are about to go from this device and that the relay lost: none is dropped without a word. */
export async function oweEntries(
  tx: WriteTx<['owed']>,
  room: RoomId,
  entries: readonly LogEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const owed = tx.objectStore('owed');
  const known = new Set(
    (await owed.index('room').getAll(room)).flatMap(({ bytes }) => decodeLogRun(bytes).map(({ id }) => id)),
  );
  for (const entry of entries)
    if (!known.has(entry.id))
      void owed.put({ ...owedEntry(room, entry, new Uint8Array()), failure: withoutReceipt, failed: room });
}

/** The same for a part of a text, whoever wrote it. */
export const oweText = (
  tx: WriteTx<['owed']>,
  { room, by, at }: Pick<TextContent, 'room' | 'by' | 'at'>,
  bytes: Uint8Array,
): void =>
  void tx.objectStore('owed').put({
    room,
    seq: 0,
    by,
    at,
    bytes,
    receipt: new Uint8Array(),
    failure: withoutReceipt,
    failed: room,
  });

export function idbJournal(getDb: GetDb): JournalStore {
  return {
    async prune(backedUp, before) {
      const keys = await read(getDb, ['journal'], (tx) => tx.store.getAllKeys());
      let bytes = keys.reduce((sum, [, , , , size]) => sum + size, 0);
      const gone = keys.filter(([cursor, , , at, size]) => {
        const goes = cursor <= backedUp || at < before || bytes > journalBytes;
        if (goes) bytes -= size;
        return goes;
      });
      if (gone.length === 0) return;
      await write(getDb, ['journal'], async (tx) => {
        await Promise.all(gone.map((key) => tx.store.delete(key)));
      });
    },

    owed: () =>
      read(getDb, ['owed'], async (tx) => {
        const [keys, rows] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
        return rows.map((row, i): OwedRow => ({ ...row, key: keys[i]! }));
      }),

    lost: () =>
      read(getDb, ['owed'], async (tx) => {
        const found: LostRows[] = [];
        const [byRoom, failed] = [tx.store.index('room'), tx.store.index('failed')];
        let cursor = await byRoom.openKeyCursor(null, 'nextunique');
        for (; cursor; cursor = await cursor.continue()) {
          const room = cursor.key;
          const [all, refused, first] = await Promise.all([
            byRoom.count(room),
            failed.count(room),
            failed.get(room),
          ]);
          if (all > refused) found.push({ room, count: all - refused, failure: null });
          if (first) found.push({ room, count: refused, failure: first.failure });
        }
        return found;
      }),

    handed: (answers) =>
      write(getDb, ['owed', 'journal'], async (tx) => {
        const owed = tx.objectStore('owed');
        for (const { key, failure: why } of answers) {
          const row = await owed.get(key);
          if (row && why) void owed.put({ ...row, failure: why, failed: row.room }, key);
          else void owed.delete(key);
          if (row && !why) keepHanded(tx as never, key, row);
        }
      }),

    discardOwed: (room) =>
      write(getDb, ['owed'], async (tx) => {
        for (const key of await tx.store.index('room').getAllKeys(room)) void tx.store.delete(key);
      }),
  };
}
