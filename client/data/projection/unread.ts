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

/** Unread ones whose places are kept; nobody counts further. */
export const mostUnread = 1_000;

/** Of the unread ones those that call this person: `added` are the new ones that do. */
export function stillCalling(
  before: readonly number[],
  added: readonly number[] | undefined,
  floor: number,
): readonly number[] {
  if (!added?.length && (before.length === 0 || before[0]! > floor)) return before;
  return [...before, ...(added ?? [])].filter((seq) => seq > floor).slice(-mostUnread);
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
  return [...before, ...news.map((entry) => entry.seq)]
    .filter((seq) => seq > floor && !gone.has(seq))
    .slice(-mostUnread);
}

export interface Unread {
  readonly unread: readonly number[];
  /** Those of them that call this person. */
  readonly calls: readonly number[];
}

/** The same when older entries came: `calling` are the seqs of those that call this person. */
export async function alsoUnread(
  before: Unread,
  older: readonly LogEntry[],
  calling: ReadonlySet<number>,
  kind: AnyLogKind,
  floor: number,
  me: MemberId,
  isRecalled: (entry: LogEntry) => Promise<boolean>,
): Promise<Unread> {
  const gone = new Set(older.map(recalledSeq));
  const known = new Set(before.unread);
  const unread = before.unread.filter((seq) => !gone.has(seq));
  const room = mostUnread - unread.length;
  const found = older.filter(
    ({ seq, by, type }) => seq > floor && by !== me && kind.noteworthy.has(type) && !known.has(seq),
  );
  const newest = room > 0 ? found.slice(-room) : [];
  const recalled = await Promise.all(newest.map(isRecalled));
  const added = newest.flatMap(({ seq }, i) => (recalled[i] ? [] : [seq]));
  const ascending = (seqs: readonly number[]): number[] => [...new Set(seqs)].sort((a, b) => a - b);
  return {
    unread:
      added.length === 0 && unread.length === before.unread.length
        ? before.unread
        : ascending([...added, ...unread]),
    calls: ascending([
      ...added.filter((seq) => calling.has(seq)),
      ...before.calls.filter((seq) => !gone.has(seq)),
    ]),
  };
}
