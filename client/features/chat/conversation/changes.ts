import type { CommandId } from '../../../../shared/base/ids.ts';
import { messageMarks } from '../../../../shared/features/chat/marks.ts';
import type { ViewEntry } from '../../../data/api.ts';
import { hasRow } from '../timeline.ts';

/** Own changes of messages that are not on the relay (they wait, or were refused), the newest of each by its message. */
export function changesIn(entries: readonly ViewEntry[]): ReadonlyMap<CommandId, ViewEntry> {
  const changes = new Map<CommandId, ViewEntry>();
  // Own ones that are on their way come last.
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index]!;
    if (entry.delivery === 'stored') break;
    const target = hasRow(entry) ? null : messageMarks.targetOf(entry);
    if (target && !changes.has(target.id)) changes.set(target.id, entry);
  }
  return changes;
}
