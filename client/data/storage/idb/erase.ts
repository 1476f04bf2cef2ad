import type { ErasingRules, LogEntry } from '../../../../shared/access/kind.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import { findRoom } from '../../../../shared/documents/registry.ts';
import { replaceReceipt } from './journal.ts';
import { forgetOverview } from './overview.ts';
import { allOf } from './ranges.ts';
import type { WriteTx } from './transaction.ts';

export type EraseTx = WriteTx<['entries', 'journal', 'mentions', 'outbox', 'blobs', 'files', 'overview']>;

/**
 * Puts away what these entries take back: words, versions, cards, and files that nothing else here names. What is left can
 * be handed back to a relay that lost it, by the proof that came with them. Entries that come after this come without.
 */
export async function eraseTakenBack(tx: EraseTx, room: RoomId, entries: readonly LogEntry[]): Promise<void> {
  const kind = findRoom(room)?.kind;
  const rules = kind?.class === 'log' ? (kind.erasing as ErasingRules | undefined) : undefined;
  if (!rules) return;
  for (const taking of entries) {
    const about = rules.takesBack(taking) ? rules.about(taking) : null;
    if (!about) continue;
    forgetOverview(tx as never);
    for (const { seq, receipt } of rules.proofOf(taking)) {
      const entry = await tx.objectStore('entries').get([room, seq]);
      // Places are those of the history in which it was taken back.
      if (!entry || (entry.id !== about.id && rules.about(entry)?.id !== about.id)) continue;
      const left = rules.emptied(entry);
      if (left === entry) continue;
      await tx.objectStore('entries').put(left, [room, seq]);
      void tx.objectStore('mentions').delete([room, seq]);
      await replaceReceipt(tx as never, room, seq, receipt);
      for (const hash of rules.files(entry)) await forgetFile(tx, room, rules, hash);
    }
  }
}

/** Also where it was still being sent: nobody waits for it any more. */
async function forgetFile(tx: EraseTx, room: RoomId, rules: ErasingRules, hash: string): Promise<void> {
  if ((await tx.objectStore('blobs').get([room, hash])) === undefined) return;
  const entries = await tx.objectStore('entries').getAll(allOf(room));
  if (entries.some((entry) => rules.files(entry).includes(hash))) return;
  const waiting = await tx.objectStore('outbox').index('room').getAll(room);
  if (waiting.some(({ data }) => JSON.stringify(data).includes(hash))) return;
  void tx.objectStore('blobs').delete([room, hash]);
  void tx.objectStore('files').delete([room, hash]);
}
