import type { LogEntry, MarkRules } from '../../../shared/access/kind.ts';
import type { CommandId } from '../../../shared/base/ids.ts';
import { noMarks, type MessageMarks } from '../../../shared/features/chat/marks.ts';
import { isErased } from '../../../shared/features/chat/messages.ts';
import type { MarkedEntry } from '../api.ts';

export type MarksById = ReadonlyMap<CommandId, MessageMarks>;

/** The entries of which these may have changed what became of them: they themselves, and those they speak of. */
export function touched(rules: MarkRules | undefined, entries: readonly LogEntry[]): Set<CommandId> {
  const ids = new Set<CommandId>();
  if (!rules) return ids;
  for (const entry of entries) {
    ids.add(entry.id);
    const target = rules.targetOf(entry);
    if (target) ids.add(target.id);
  }
  return ids;
}

/** `stored` and what own commands, which the relay has not answered, will make of it. */
export function overlaidMarks(
  rules: MarkRules | undefined,
  stored: MarksById,
  own: readonly LogEntry[],
): MarksById {
  let overlaid: Map<CommandId, MessageMarks> | null = null;
  for (const entry of own) {
    const target = rules?.targetOf(entry);
    if (!rules || !target) continue;
    overlaid ??= new Map(stored);
    overlaid.set(target.id, rules.fold(overlaid.get(target.id) ?? null, entry) as MessageMarks);
  }
  return overlaid ?? stored;
}

/** The entry as it may be shown and taken along: of what was recalled nothing but that it was there. */
export function withMarks(rules: MarkRules | undefined, entry: LogEntry, marks: MarksById): MarkedEntry {
  const said = marks.get(entry.id) ?? null;
  // Of one that was put away, what took it back may not be here.
  const isLeft = entry.type === 'chat.send' && !said?.recalled && isErased(entry);
  const own = isLeft ? { ...(said ?? noMarks), recalled: { seq: entry.seq, at: entry.at } } : said;
  if (own?.recalled) return { ...entry, data: {}, marks: own };
  const edited = entry.type === 'chat.edit' ? rules?.targetOf(entry) : null;
  const isGone = edited && marks.get(edited.id)?.recalled;
  return isGone ? { ...entry, data: { target: edited }, marks: own } : { ...entry, marks: own };
}
