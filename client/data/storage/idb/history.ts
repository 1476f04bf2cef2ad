import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { MemberId } from '../../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../../shared/documents/registry.ts';
import type { MessageMarks } from '../../../../shared/features/chat/marks.ts';
import type { ChatState, ReadsState } from '../../../../shared/features/chat/schema.ts';
import type { LogContent } from '../../../../shared/protocol/messages.ts';
import { partOf } from '../../../../shared/protocol/rooms.ts';
import { isPart } from '../../projection/apply-log.ts';
import { alsoUnread, readUpTo } from '../../projection/unread.ts';
import { journalAge, type KeptRun, type RoomRecord } from '../contract.ts';
import { eraseTakenBack } from './erase.ts';
import { keepLogContent } from './journal.ts';
import { keepMarks } from './marks.ts';
import { keepMentions } from './mentions.ts';
import { putRecords } from './overview.ts';
import { between } from './ranges.ts';
import type { WriteTx } from './transaction.ts';

export const historyStores = [
  'rooms',
  'overview',
  'entries',
  'journal',
  'marks',
  'mentions',
  'outbox',
  'blobs',
  'files',
] as const;
export type HistoryTx = WriteTx<[...typeof historyStores]>;

/**
 * Keeps older entries than those that are held up to the head. Where they meet them, the room is held from their first one
 * on; elsewhere they stand apart, for whoever looks at that place, until what lies between has come.
 */
export async function keepHistory(tx: HistoryTx, me: MemberId, content: LogContent): Promise<void> {
  const { room, from } = content;
  const [rooms, store] = [tx.objectStore('rooms'), tx.objectStore('entries')];
  const held = await rooms.get(room);
  const kind = findRoom(room)?.kind;
  if (!held || held.stale || kind?.class !== 'log' || from >= held.from) return;
  // Asked for while all of it might be known.
  if (isPart(kind, held.state)) return;
  const older = content.entries.filter(({ seq }) => seq < held.from);
  for (const entry of older) void store.put(entry, [room, entry.seq]);
  await keepMarks(tx as never, room, older);
  const calls = keepMentions(tx as never, room, older, me);
  await eraseTakenBack(tx as never, room, older);
  if (from + older.length < held.from) return;

  const newest = older.at(-1);
  // Of what came as its state alone these are the newest entries there are.
  const { by, at } = held.head === held.from && newest ? newest : held;
  // Too old to be handed back, whatever the time is now.
  if ((newest?.at ?? 0) > at - journalAge)
    keepLogContent(tx as never, {
      ...content,
      entries: older,
      receipts: content.receipts.slice(0, older.length),
    });
  const met = await meet(from, held.kept ?? [], (first, end) => store.count(between(room, first, end)));
  const { kept: _, ...rest } = held;
  const record: RoomRecord = {
    ...rest,
    ...(await unreadWith(tx, held, kind, older, calls, me)),
    by,
    at,
    from: met.from,
    ...(met.kept.length > 0 ? { kept: met.kept } : {}),
  };
  putRecords(tx as never, [record]);
}

/** Goes on through runs that were held before, as far as they follow each other without a hole. */
async function meet(
  from: number,
  kept: readonly KeptRun[],
  count: (from: number, end: number) => Promise<number>,
): Promise<{ from: number; kept: KeptRun[] }> {
  let first = from;
  const down = kept.toSorted((a, b) => b.to - a.to);
  for (const run of down)
    if (run.to >= first && run.from < first && (await count(run.from, first)) === first - run.from)
      first = run.from;
  return { from: first, kept: down.filter((run) => run.to < first) };
}

async function unreadWith(
  tx: HistoryTx,
  held: RoomRecord,
  kind: AnyLogKind,
  older: readonly LogEntry[],
  calling: readonly number[],
  me: MemberId,
): Promise<Pick<RoomRecord, 'unread' | 'calls'>> {
  const { room, unread, calls = [] } = held;
  if (kind.noteworthy.size === 0) return { unread, calls };
  const reads = await tx.objectStore('rooms').get(partOf(room, 'reads'));
  const floor = readUpTo(held.state as ChatState, (reads?.state ?? null) as ReadsState | null, me);
  const isRecalled = async ({ id }: LogEntry): Promise<boolean> => {
    const marks = (await tx.objectStore('marks').get([room, id])) as MessageMarks | undefined;
    return marks !== undefined && marks.recalled !== null;
  };
  return alsoUnread({ unread, calls }, older, new Set(calling), kind, floor, me, isRecalled);
}
