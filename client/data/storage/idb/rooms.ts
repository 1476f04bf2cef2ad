import { failure } from '../../../../shared/base/errors.ts';
import { newId, type CommandId, type MemberId, type RoomId } from '../../../../shared/base/ids.ts';
import { findRoom } from '../../../../shared/documents/registry.ts';
import { decodeLogRun } from '../../../../shared/protocol/log-bytes.ts';
import type { LogContent, RoomContent, Row, TextContent } from '../../../../shared/protocol/messages.ts';
import { appendEntries, applyLogContent, emptyLog, isPart, isTold } from '../../projection/apply-log.ts';
import type { RoomRecord, RoomStore, Stored, StoredRows } from '../contract.ts';
import { beyond } from '../../text/restored.ts';
import { isReadable } from '../../text/merge.ts';
import {
  forgetJournal,
  forgetOwed,
  keepEntryRows,
  keepLogContent,
  keepRows,
  keepTextContent,
  oweLost,
  oweText,
} from './journal.ts';
import { historyStores, keepHistory } from './history.ts';
import { LogWriter, logStores } from './log-writer.ts';
import { emptyMeta } from './meta.ts';
import { keepOwnPieces } from './only-unsent.ts';
import { isWorthKeeping } from './outbox.ts';
import { forgetMarks } from './marks.ts';
import {
  allRecords,
  deleteRecord,
  makeOverview,
  putRecords,
  recordsAtStart,
  type RecordTx,
} from './overview.ts';
import { allOf, between, draftsOf, marksOf } from './ranges.ts';
import { recordsOf } from './records.ts';
import { blobRowOf } from './schema.ts';
import { read, write, writeSoon, type GetDb, type WriteTx } from './transaction.ts';

const emptyText = (room: RoomId): RoomRecord => ({
  room,
  class: 'text',
  cursor: 0,
  from: 0,
  head: 0,
  by: '' as MemberId,
  at: 0,
  state: null,
  unread: [],
  stale: false,
});

export function idbRooms(getDb: GetDb, me: MemberId): RoomStore {
  const forgotten = [
    'rooms',
    'entries',
    'updates',
    'snapshots',
    'outbox',
    'drafts',
    'draftFiles',
    'blobs',
    'files',
    'journal',
    'owed',
    'marks',
    'mentions',
    'overview',
  ] as const;

  return {
    all: () => read(getDb, ['rooms', 'overview'], async (tx) => (await allRecords(tx)).filter(isSound)),

    start: () =>
      read(getDb, ['rooms', 'overview'], async (tx) => {
        const found = await recordsAtStart(tx);
        return found?.records.every(isSound) ? found : null;
      }),

    pack: () => makeOverview(getDb, me),

    async mend() {
      // Read beside others; what has to be written is nearly always nothing.
      const suspects = await read(getDb, ['rooms'], async (tx) =>
        (await tx.store.getAll()).filter((record) => !isSound(record)).map(({ room }) => room),
      );
      if (suspects.length === 0) return 0;
      return write(getDb, ['rooms', 'overview'], async (tx) => {
        let mended = 0;
        for (const room of suspects) {
          const record = await tx.objectStore('rooms').get(room);
          if (!record || isSound(record)) continue;
          mended += 1;
          beginAgain(tx as never, room);
        }
        return mended;
      });
    },

    lacking: (runs) =>
      read(getDb, ['entries'], async (tx) => {
        const counts = runs.map(({ room, from, head }) => tx.store.count(between(room, from, head)));
        const found = await Promise.all(counts);
        return [
          ...new Set(runs.flatMap(({ room, from, head }, i) => (found[i] === head - from ? [] : room))),
        ];
      }),

    mendHoles: (rooms) =>
      write(getDb, ['rooms', 'entries', 'overview'], async (tx) => {
        let mended = 0;
        for (const room of rooms) {
          const record = await tx.objectStore('rooms').get(room);
          if (record?.class !== 'log') continue;
          const { from, head } = record;
          if (head <= from) continue;
          if ((await tx.objectStore('entries').count(between(room, from, head))) === head - from) continue;
          mended += 1;
          beginAgain(tx as never, room);
        }
        return mended;
      }),

    some: (rooms) =>
      read(getDb, ['rooms'], async (tx) => {
        const found = await recordsOf(tx.store, rooms);
        return rooms.map((room) => soundOrNull(found.get(room)));
      }),

    entries: (room, from, to) =>
      from >= to
        ? Promise.resolve([])
        : read(getDb, ['entries'], (tx) => tx.store.getAll(between(room, from, to))),

    marks: (room, ids) =>
      read(getDb, ['marks'], async (tx) => {
        const found = new Map<CommandId, unknown>();
        const look = async (id: CommandId): Promise<void> => {
          const marks = await tx.store.get([room, id]);
          if (marks !== undefined) found.set(id, marks);
        };
        await Promise.all(Array.from(ids, look));
        return found;
      }),

    marked: (room) =>
      read(getDb, ['marks'], async (tx) => (await tx.store.getAllKeys(marksOf(room))).map((key) => key[1])),

    single: (places) =>
      read(getDb, ['entries', 'marks'], (tx) =>
        Promise.all(
          places.map(async ({ room, seq }) => {
            const entry = await tx.objectStore('entries').get([room, seq]);
            return entry
              ? { entry, marks: (await tx.objectStore('marks').get([room, entry.id])) ?? null }
              : null;
          }),
        ),
      ),

    storeContents: (contents: readonly RoomContent[]): Promise<Stored> =>
      writeSoon(getDb, [...logStores, 'snapshots', 'leases'], async (tx) => {
        const writer = new LogWriter(tx as never, me);
        await writer.prepare(contents.map(({ room }) => room));
        const updates = [];
        const replaced: RoomId[] = [];
        for (const content of contents) {
          const kind = findRoom(content.room)?.kind;
          // A kind of a later version: this one cannot show it and does not keep it.
          if (!kind || kind.class !== content.kind) continue;
          const held = await writer.record(content.room);
          if (kind.class === 'log' && content.kind === 'log') {
            const applied = applyLogContent(held, kind, content, me);
            await writer.append(applied);
            if (isPart(kind, applied.record.state)) await forgetJournal(tx as never, content.room);
            else keepLogContent(tx as never, content);
          } else if (content.kind === 'text') {
            // Found damaged while a part of it was on the way: the whole has still to come.
            const stale = held !== null && held.stale && !content.whole;
            if (
              held?.stale &&
              content.whole &&
              (await leaveOld(tx as never, content, held.acked !== undefined))
            )
              replaced.push(content.room);
            writer.set({
              ...(held ?? emptyText(content.room)),
              by: content.by,
              at: content.at,
              cursor: stale ? 0 : content.cursor,
              stale,
            });
            for (const bytes of content.updates)
              void tx.objectStore('updates').put({ room: content.room, bytes, at: content.at });
            keepTextContent(tx as never, content);
            if (content.updates.length > 0) updates.push({ room: content.room, bytes: content.updates });
          }
        }
        return { ...(await writer.finish()), updates, replaced };
      }),

    storeRows: (rows: readonly Row[], cursor: number): Promise<StoredRows> =>
      write(getDb, [...logStores, 'meta'], async (tx) => {
        const writer = new LogWriter(tx as never, me);
        const gaps = new Set<RoomId>();
        const updates: { room: RoomId; bytes: Uint8Array[] }[] = [];
        const meta = { ...emptyMeta, ...(await tx.objectStore('meta').get('sync')) };
        for (const [room, allOfRoom] of groupRows(rows)) {
          const kind = findRoom(room)?.kind;
          if (!kind) continue;
          const held = await writer.record(room);
          // What came with a pulled room while its rows were on their way.
          const ofRoom = held?.stale
            ? allOfRoom
            : allOfRoom.filter((row) => row.cursor > (held?.cursor ?? 0));
          const first = ofRoom[0];
          if (!first) continue;
          // Of a room that was damaged on the relay, rows before these may never have come.
          if (held?.stale || (!held?.cursor && first.seq > 0) || meta.damaged.includes(room)) {
            gaps.add(room);
            continue;
          }
          const last = ofRoom.at(-1)!;
          if (kind.class === 'log') {
            const entries = ofRoom.flatMap((row) => decodeLogRun(row.bytes));
            const appended = entries.some((entry) => kind.partly?.isAnew(entry))
              ? null
              : appendEntries(held ?? emptyLog(room, kind), kind, entries, last.cursor);
            if (!appended) gaps.add(room);
            else {
              await writer.append(appended);
              // Nothing is handed back of what somebody may know a part of: what they were told of it is for them alone.
              if (entries.some((entry) => isTold(kind, entry))) await forgetJournal(tx as never, room);
              else keepEntryRows(tx as never, room, ofRoom, entries);
            }
          } else {
            // The relay's clock is the one that counts, also where this device's ran ahead.
            writer.set({ ...(held ?? emptyText(room)), by: last.by, at: last.at, cursor: last.cursor });
            for (const { bytes, at } of ofRoom) void tx.objectStore('updates').put({ room, bytes, at });
            keepRows(tx as never, room, ofRoom);
            updates.push({ room, bytes: ofRoom.map((row) => row.bytes) });
          }
        }
        const finished = await writer.finish();
        if (gaps.size === 0 && cursor > meta.cursor)
          await tx.objectStore('meta').put({ ...meta, cursor }, 'sync');
        return { ...finished, updates, replaced: [], gaps: [...gaps] };
      }),

    storeHistory: (contents: readonly LogContent[]) =>
      writeSoon(getDb, [...historyStores], async (tx) => {
        // Side by side: what is asked of one does not wait for what is written of another.
        for (const round of eachOnce(contents))
          await Promise.all(round.map((content) => keepHistory(tx, me, content)));
      }),

    forget: (rooms, at) =>
      write(getDb, [...forgotten], async (tx) => {
        const gone = failure('forbidden', 'this room is no longer readable');
        const outbox = tx.objectStore('outbox');
        for (const room of rooms) {
          await forgetJournal(tx as never, room);
          deleteRecord(tx as never, room);
          void tx.objectStore('entries').delete(allOf(room));
          forgetMarks(tx as never, room);
          void tx.objectStore('mentions').delete(allOf(room));
          const drafts: string[] = [];
          const beside = tx.objectStore('draftFiles');
          for (const places of draftsOf(room)) {
            drafts.push(...(await tx.objectStore('drafts').getAll(places)));
            void tx.objectStore('drafts').delete(places);
            for (const key of await beside.index('room').getAllKeys(places)) void beside.delete(key);
          }
          // Begun and never sent: as if it had been sent and refused.
          for (const draft of drafts)
            void outbox.put({
              id: newId(),
              room,
              type: 'chat.send',
              data: { text: draft },
              at,
              seq: null,
              failure: gone,
            });
          const blobs = tx.objectStore('blobs');
          for (const key of await blobs.getAllKeys(IDBKeyRange.bound([room, ''], [room, '\uffff']))) {
            const { unsent, ...blob } = (await blobs.get(key))!;
            if (unsent) void blobs.put(blobRowOf({ ...blob, failure: gone, pending: true }));
            else {
              void blobs.delete(key);
              void tx.objectStore('files').delete(key);
            }
          }
          // Own words nobody else has: set aside like commands, for the person to take along or dismiss.
          await keepOwnPieces(tx as never, room, ({ unsent: _, ...row }) => ({
            ...row,
            refused: room,
            failure: gone,
          }));
          for (const row of await outbox.index('room').getAll(room))
            // What the relay took is there, though its entry never comes here.
            if (!isWorthKeeping(row) || (row.seq !== null && !row.failure)) void outbox.delete(row.key!);
            else if (!row.failure) void outbox.put({ ...row, failure: gone });
        }
      }),

    newEpoch: (epoch, until) =>
      write(getDb, ['rooms', 'outbox', 'meta', 'entries', 'journal', 'owed', 'overview'], async (tx) => {
        await oweLost(tx as never, until);
        const lost = (await tx.objectStore('rooms').getAll()).filter(
          ({ cursor, acked = 0 }) => Math.max(cursor, acked) > until || until === 0,
        );
        putRecords(
          tx as never,
          lost.map((record) => ({ ...record, cursor: 0, stale: true })),
        );
        // Taken by the relay, but not known whether before the backup was made: sent again, under the same id.
        const outbox = tx.objectStore('outbox');
        for (const row of await outbox.getAll()) if (row.seq !== null) void outbox.put({ ...row, seq: null });
        const meta = { ...emptyMeta, ...(await tx.objectStore('meta').get('sync')) };
        await tx.objectStore('meta').put({ ...meta, epoch, cursor: Math.min(meta.cursor, until) }, 'sync');
      }),
  };
}

/** Nothing of a room counts any more: it is fetched anew. */
function beginAgain(tx: RecordTx, room: RoomId): void {
  const kind = findRoom(room)?.kind;
  if (!kind) return deleteRecord(tx, room);
  const empty = kind.class === 'log' ? emptyLog(room, kind) : emptyText(room);
  putRecords(tx, [{ ...empty, stale: true }]);
}

type RefetchTx = WriteTx<['updates', 'snapshots', 'leases', 'owed']>;

/**
 * The whole text came anew: what was here of it before goes. The own part that the relay lacks is to be sent again, what
 * it lacks of others is owed. Tells whether an open text now shows something that is gone.
 */
async function leaveOld(tx: RefetchTx, content: TextContent, wrote: boolean): Promise<boolean> {
  const { room } = content;
  const updates = tx.objectStore('updates');
  const index = updates.index('room');
  const [snapshot, keys, rows, own] = await Promise.all([
    tx.objectStore('snapshots').get(room),
    index.getAllKeys(room),
    index.getAll(room),
    tx.objectStore('leases').getAllKeys(),
  ]);
  const here = snapshot ? [snapshot.bytes] : [];
  rows.forEach((row, i) => {
    if (row.unsent || row.refused) return;
    here.push(row.bytes);
    void updates.delete(keys[i]!);
  });
  void tx.objectStore('snapshots').delete(room);
  const more = beyond(here.filter(isReadable), content.updates, new Set(own), wrote);
  if (more.own) void updates.put({ room, bytes: more.own, at: content.at, unsent: room });
  await forgetOwed(tx as never, room, new Set(own));
  if (more.others) oweText(tx as never, content, more.others);
  return more.differs;
}

/** What disks and other programs do to a record shows in its shape; what is inside a state is the fold's business. */
function isSound(record: RoomRecord): boolean {
  const { room, class: kind, cursor, from, head, unread, calls = [], kept = [], state } = record;
  return (
    findRoom(room)?.kind.class === kind &&
    [cursor, from, head].every((each) => Number.isSafeInteger(each) && each >= 0) &&
    from <= head &&
    Array.isArray(unread) &&
    Array.isArray(calls) &&
    Array.isArray(kept) &&
    (kind === 'text' || (typeof state === 'object' && state !== null))
  );
}

const soundOrNull = (record: RoomRecord | undefined): RoomRecord | null =>
  record && isSound(record) ? record : null;

/** In rounds that have every room once, in the order in which they came. */
function eachOnce(contents: readonly LogContent[]): readonly (readonly LogContent[])[] {
  const rounds: LogContent[][] = [];
  const times = new Map<RoomId, number>();
  for (const content of contents) {
    const time = times.get(content.room) ?? 0;
    times.set(content.room, time + 1);
    (rounds[time] ??= []).push(content);
  }
  return rounds;
}

function groupRows(rows: readonly Row[]): Map<RoomId, Row[]> {
  const groups = new Map<RoomId, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.room);
    if (group) group.push(row);
    else groups.set(row.room, [row]);
  }
  return groups;
}

/** A text that was just changed here; the relay's word replaces it, whatever this device's clock says. */
export function textAfter(
  held: RoomRecord | null,
  change: { room: RoomId; by: MemberId; at: number },
): RoomRecord {
  const record = held ?? emptyText(change.room);
  return { ...record, by: change.by, at: Math.max(change.at, record.at) };
}
