import type { RoomId } from '../../../../shared/base/ids.ts';
import { ownWords } from '../../text/own-words.ts';
import { isWorthKeeping } from './outbox.ts';
import { forgetOverview } from './overview.ts';
import { storeNames, type UpdateRow } from './schema.ts';
import { write, type GetDb, type WriteTx } from './transaction.ts';

type TextTx = WriteTx<['updates', 'snapshots']>;

/**
 * Removes a text from the device but for what was written here and never sent, whose words are noted with it: without
 * the rest they can no longer be read from the changes. Returns what stays, changed by `keep`.
 */
export async function keepOwnPieces(
  tx: TextTx,
  room: RoomId,
  keep: (row: UpdateRow) => UpdateRow,
): Promise<number> {
  const updates = tx.objectStore('updates');
  const index = updates.index('room');
  const [snapshot, keys, rows] = await Promise.all([
    tx.objectStore('snapshots').get(room),
    index.getAllKeys(room),
    index.getAll(room),
  ]);
  const own = rows.filter((row) => row.unsent !== undefined || row.refused !== undefined);
  const all = rows.map((row) => row.bytes);
  const words =
    own.length === 0
      ? ''
      : ownWords(
          snapshot ? [snapshot.bytes, ...all] : all,
          own.map((row) => row.bytes),
        );
  let first = true;
  rows.forEach((row, i) => {
    if (!own.includes(row)) return void updates.delete(keys[i]!);
    // Once for all of them; a part that was noted before stays noted.
    const noted = row.words ?? (first && words !== '' ? words : undefined);
    void updates.put({ ...keep(row), ...(noted === undefined ? {} : { words: noted }) }, keys[i]);
    first = false;
  });
  void tx.objectStore('snapshots').delete(room);
  return own.length;
}

/** The session is over: what others wrote goes, what this person wrote and never sent waits for them. */
export const keepOnlyUnsent = (getDb: GetDb): Promise<number> =>
  write(getDb, [...storeNames], async (tx) => {
    let kept = 0;
    const texts = tx.objectStore('updates').index('room');
    const rooms: RoomId[] = [];
    for (let cursor = await texts.openKeyCursor(null, 'nextunique'); cursor; cursor = await cursor.continue())
      rooms.push(cursor.key);
    for (const room of rooms) kept += await keepOwnPieces(tx as never, room, (row) => row);
    for (const store of [
      'meta',
      'rooms',
      'entries',
      'snapshots',
      'journal',
      'owed',
      'marks',
      'mentions',
    ] as const)
      void tx.objectStore(store).clear();
    forgetOverview(tx as never);
    const outbox = tx.objectStore('outbox');
    for (const row of await outbox.getAll())
      // What the relay took comes back with the room.
      if (row.seq === null && isWorthKeeping(row)) kept += 1;
      else void outbox.delete(row.key!);
    const blobs = tx.objectStore('blobs');
    for (const blob of await blobs.getAll())
      if (blob.unsent) kept += 1;
      else {
        void blobs.delete([blob.room, blob.hash]);
        void tx.objectStore('files').delete([blob.room, blob.hash]);
      }
    kept += await tx.objectStore('drafts').count();
    kept += await tx.objectStore('draftFiles').count();
    // The texts they were used in are gone: their clocks are not known any more.
    for (const lease of await tx.objectStore('leases').getAll())
      void tx.objectStore('leases').put({ ...lease, state: 'retired' });
    return kept;
  });
