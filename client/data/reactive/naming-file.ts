import type { EntryTarget, LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { messageOf } from '../../../shared/features/chat/messages.ts';
import type { OutboxRecord, RoomStore } from '../storage/contract.ts';

/** Entries that are looked through: what waits to be sent for longer than so many messages is rare. */
const mostSearched = 5_000;

/** Own messages of a conversation, sent or waiting, that name the file. */
export async function ownNamingFile(
  rooms: RoomStore,
  waiting: readonly OutboxRecord[],
  me: MemberId,
  { room, hash }: { readonly room: RoomId; readonly hash: string },
): Promise<EntryTarget[]> {
  const [record] = await rooms.some([room]);
  const { from, head } = record ?? { from: 0, head: 0 };
  const stored = await rooms.entries(room, Math.max(from, head - mostSearched), head);
  const own = waiting.map(({ id, type, data, at }, i): LogEntry => {
    return { seq: head + i, id, type, by: me, at, data };
  });
  return [...stored, ...own]
    .filter((entry) => entry.by === me && messageOf(entry)?.files?.some((file) => file.hash === hash))
    .map(({ seq, id }) => ({ seq, id }));
}
