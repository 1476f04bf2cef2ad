import type { CommandId } from '../../../../shared/base/ids.ts';
import { messageMarks } from '../../../../shared/features/chat/marks.ts';
import type { ViewEntry } from '../../../data/api.ts';
import { hasRow } from '../timeline.ts';

/** Of what is not on the relay (it waits, or was refused) the changes of messages, the newest of each by its message. */
export function changesIn(waiting: readonly ViewEntry[]): ReadonlyMap<CommandId, ViewEntry> {
  const changes = new Map<CommandId, ViewEntry>();
  for (const entry of waiting) {
    const target = hasRow(entry) ? null : messageMarks.targetOf(entry);
    if (target) changes.set(target.id, entry);
  }
  return changes;
}
