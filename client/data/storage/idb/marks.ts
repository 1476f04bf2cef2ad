import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { CommandId, RoomId } from '../../../../shared/base/ids.ts';
import { findRoom } from '../../../../shared/documents/registry.ts';
import { marksOf } from './ranges.ts';
import type { WriteTx } from './transaction.ts';

type MarksTx = WriteTx<['marks']>;

/** Notes what new entries say of others, which may be older, newer, or not here. */
export async function keepMarks(tx: MarksTx, room: RoomId, entries: readonly LogEntry[]): Promise<void> {
  const kind = findRoom(room)?.kind;
  const rules = kind?.class === 'log' ? kind.marks : undefined;
  if (!rules) return;
  const byTarget = new Map<CommandId, LogEntry[]>();
  for (const entry of entries) {
    const target = rules.targetOf(entry);
    const said = target && byTarget.get(target.id);
    if (said) said.push(entry);
    else if (target) byTarget.set(target.id, [entry]);
  }
  const marks = tx.objectStore('marks');
  for (const [id, said] of byTarget) {
    let folded: unknown = (await marks.get([room, id])) ?? null;
    for (const entry of said) folded = rules.fold(folded, entry);
    void marks.put(folded, [room, id]);
  }
}

export const forgetMarks = (tx: MarksTx, room: RoomId): void => {
  void tx.objectStore('marks').delete(marksOf(room));
};
