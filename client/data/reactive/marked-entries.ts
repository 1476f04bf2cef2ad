import type { RoomId } from '../../../shared/base/ids.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import type { MarkedEntry } from '../api.ts';
import { touched, withMarks, type MarksById } from '../projection/marks.ts';
import type { RoomStore } from '../storage/contract.ts';

const readPiece = 1_000;

/** Entries `from` (inclusive) to `to` (exclusive) as far as they are here, with what became of them. */
export async function markedEntries(
  rooms: RoomStore,
  room: RoomId,
  from: number,
  to: number,
): Promise<readonly MarkedEntry[]> {
  const kind = findRoom(room)?.kind;
  const rules = kind?.class === 'log' ? kind.marks : undefined;
  const found = await rooms.entries(room, from, to);
  const marks = (await rooms.marks(room, touched(rules, found))) as MarksById;
  return found.map((entry) => withMarks(rules, entry, marks));
}

/** All entries of a log that are here, in pieces. */
export async function* markedLog(rooms: RoomStore, room: RoomId): AsyncIterable<readonly MarkedEntry[]> {
  const [record] = await rooms.some([room]);
  if (!record) return;
  for (let from = record.from; from < record.head; from += readPiece)
    yield await markedEntries(rooms, room, from, Math.min(from + readPiece, record.head));
}
