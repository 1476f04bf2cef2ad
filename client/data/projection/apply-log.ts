import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { AnyKind, AnyLogKind } from '../../../shared/documents/registry.ts';
import type { LogContent } from '../../../shared/protocol/messages.ts';
import type { KeptRun, RoomRecord } from '../storage/contract.ts';

export interface Appended {
  readonly record: RoomRecord;
  /** Entries to write. */
  readonly added: readonly LogEntry[];
  /** The entries held before do not connect to these and have to go. */
  readonly replaced: boolean;
}

/** Whether the state is a part: what the relay gave somebody who may not know all of it. */
export const isPart = (kind: AnyKind | undefined, state: unknown): boolean =>
  kind?.class === 'log' && kind.partly !== undefined && kind.partly.isPart(state);

/** What leads from a part or to one is no entry of the log. */
export const isTold = ({ partly }: AnyLogKind, { type }: LogEntry): boolean => type === partly?.type;

/** Of a room that somebody may know a part of, their device holds that and no entries, none from before either. */
const stateAlone = (record: RoomRecord): Appended => {
  const { kept: _, ...rest } = record;
  return { added: [], replaced: true, record: { ...rest, from: record.head } };
};

export const emptyLog = (room: RoomId, kind: AnyLogKind): RoomRecord => ({
  room,
  class: 'log',
  cursor: 0,
  from: 0,
  head: 0,
  by: '' as MemberId,
  at: 0,
  state: kind.initial,
  unread: [],
  stale: false,
});

/** Appends entries that follow what is held, in order; those already held are skipped. Null when one is missing between. */
export function appendEntries(
  record: RoomRecord,
  kind: AnyLogKind,
  entries: readonly LogEntry[],
  cursor: number,
): Appended | null {
  const added = entries.filter((entry) => entry.seq >= record.head);
  const first = added[0];
  if (first && first.seq !== record.head) return null;
  const last = added.at(-1);
  const after: RoomRecord = {
    ...record,
    cursor: Math.max(record.cursor, cursor),
    head: record.head + added.length,
    by: last?.by ?? record.by,
    at: last?.at ?? record.at,
    state: kind.fold(record.state, added),
  };
  return added.some((entry) => isTold(kind, entry))
    ? stateAlone(after)
    : { added, replaced: false, record: after };
}

/** Runs that are remembered; what was in an older one is fetched again. */
const mostKept = 8;

const keptWith = ({ kept = [], from, head }: RoomRecord): KeptRun[] =>
  [...kept, { from, to: head }].slice(-mostKept);

/** Takes a pulled log: continues what is held where it connects, goes on behind a gap, or replaces it where it is stale. */
export function applyLogContent(
  held: RoomRecord | null,
  kind: AnyLogKind,
  content: LogContent,
  me: MemberId,
): Appended {
  const last = content.entries.at(-1);
  const base = content.from > 0 ? (content.base ?? kind.initial) : kind.initial;
  if (isPart(kind, base))
    return stateAlone({
      ...emptyLog(content.room, kind),
      cursor: content.cursor,
      head: content.head,
      at: held?.at ?? 0,
      state: base,
    });
  if (held && !held.stale && !isPart(kind, held.state) && content.from <= held.head) {
    const appended = appendEntries(held, kind, content.entries, content.cursor);
    if (appended) return appended;
  }
  // Too much came meanwhile to be given at once: what is here stays, and what lies between follows; not what is from
  // before the reader came back.
  const ahead =
    held !== null &&
    !held.stale &&
    !isPart(kind, held.state) &&
    held.head > held.from &&
    content.from > held.head &&
    (kind.limited?.from(base, me) ?? 0) === 0;
  return {
    added: content.entries,
    replaced: held !== null && !ahead,
    record: {
      ...emptyLog(content.room, kind),
      ...(ahead ? { kept: keptWith(held), unread: held.unread, calls: held.calls ?? [] } : {}),
      cursor: content.cursor,
      from: content.from,
      head: content.from + content.entries.length,
      by: last?.by ?? held?.by ?? ('' as MemberId),
      at: last?.at ?? held?.at ?? 0,
      state: kind.fold(base, content.entries),
    },
  };
}
