import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import type { AnyLogKind } from '../../../shared/documents/registry.ts';
import { recalledSeq } from '../../../shared/features/chat/marks.ts';
import type { ChatState, ReadsState } from '../../../shared/features/chat/schema.ts';

/** Up to which seq (inclusive) nothing is unread for this person: what they read, and what was before they came. */
export function readUpTo(chat: ChatState, reads: ReadsState | null, me: MemberId): number {
  const membership = chat.members[me];
  if (!membership) return Number.POSITIVE_INFINITY;
  return Math.max(reads?.positions[me] ?? -1, membership.since);
}

/** Of the unread ones those that call this person: `added` are the new ones that do. */
export function stillCalling(
  before: readonly number[],
  added: readonly number[] | undefined,
  floor: number,
): readonly number[] {
  if (!added?.length && (before.length === 0 || before[0]! > floor)) return before;
  return [...before, ...(added ?? [])].filter((seq) => seq > floor);
}

/** Seqs that are still unread after `added` came and the read position moved to `floor`. */
export function stillUnread(
  before: readonly number[],
  added: readonly LogEntry[],
  kind: AnyLogKind,
  floor: number,
  me: MemberId,
): readonly number[] {
  const gone = new Set(added.map(recalledSeq));
  const news = added.filter((entry) => entry.by !== me && kind.noteworthy.has(entry.type));
  const isSame = news.length === 0 && (before.length === 0 || before[0]! > floor);
  if (isSame && !before.some((seq) => gone.has(seq))) return before;
  return [...before, ...news.map((entry) => entry.seq)].filter((seq) => seq > floor && !gone.has(seq));
}
