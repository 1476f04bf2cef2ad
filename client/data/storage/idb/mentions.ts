import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../../shared/base/ids.ts';
import { parseRoom } from '../../../../shared/protocol/rooms.ts';
import { mentionIn } from '../../projection/mentions.ts';
import type { MentionStore } from '../contract.ts';
import { read, type GetDb, type WriteTx } from './transaction.ts';

export type MentionTx = WriteTx<['mentions']>;

/** Notes which of these entries call this person; returns their seqs. */
export function keepMentions(
  tx: MentionTx,
  room: RoomId,
  entries: readonly LogEntry[],
  me: MemberId,
): readonly number[] {
  const name = parseRoom(room);
  if (name?.kind !== 'chat' || name.part !== null) return [];
  const seqs: number[] = [];
  for (const entry of entries) {
    const mention = mentionIn(room, entry, me);
    if (!mention) continue;
    void tx.objectStore('mentions').put(mention);
    seqs.push(entry.seq);
  }
  return seqs;
}

export const idbMentions = (getDb: GetDb): MentionStore => ({
  newest: (limit) =>
    read(getDb, ['mentions'], async (tx) => {
      const found = [];
      let cursor = await tx.store.index('at').openCursor(null, 'prev');
      for (; cursor && found.length < limit; cursor = await cursor.continue()) found.push(cursor.value);
      return found;
    }),
});
