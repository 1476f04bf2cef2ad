import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { messageOf } from '../../../shared/features/chat/messages.ts';
import type { Mention } from '../storage/contract.ts';

/** What calls this person in an entry of a conversation: by name, or everybody. Null for anything else. */
export function mentionIn(room: RoomId, entry: LogEntry, me: MemberId): Mention | null {
  if (entry.by === me) return null;
  // What was imported called people where it was said.
  const message = entry.type === 'chat.import' || !callsSomebody(entry.data) ? null : messageOf(entry);
  if (!message) return null;
  const all = message.all === true;
  if (!all && !message.mentions?.includes(me)) return null;
  const { id, seq, by, at } = entry;
  return { room, id, seq, by, at, text: message.text, all };
}

/** Most messages call nobody, and all that come to a device are asked. */
const callsSomebody = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && ('mentions' in data || 'all' in data);
