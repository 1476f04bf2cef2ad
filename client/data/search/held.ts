import type { EntryTarget, LogEntry } from '../../../shared/access/kind.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { messageMarks } from '../../../shared/features/chat/marks.ts';
import { parseRoom, partOf } from '../../../shared/protocol/rooms.ts';
import type { RoomRecord } from '../storage/contract.ts';
import type { Run } from './runs.ts';

/** Entries of a log that are here. */
export const heldOf = ({ kept = [], from, head }: RoomRecord): readonly Run[] =>
  (head > from ? [...kept, { from, to: head }] : kept).toSorted((a, b) => a.from - b.from);

/** The title of a doc is in a part of its own. */
export const governed = (room: RoomId): RoomId =>
  parseRoom(room)?.part === 'about' ? partOf(room, null) : room;

/** The message that it says something new of. */
export function changedBy(entry: LogEntry): EntryTarget | null {
  return entry.type === 'chat.edit' || entry.type === 'chat.recall' ? messageMarks.targetOf(entry) : null;
}
