import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { isId } from '../../../shared/base/ids.ts';
import type { ChatState, ReadsState } from '../../../shared/features/chat/schema.ts';
import type { ChatRow, WorkspaceData } from '../../data/api.ts';
import { chatRoom } from './commands.ts';
import { guestIn, partner, partnerOfId } from './people.ts';

/** What the page of one conversation shows: a stored one, or a direct one that begins with its first message. */
export interface Conversation {
  readonly id: string;
  readonly room: RoomId;
  readonly state: ChatState;
  readonly reads: ReadsState;
  /** Null while there is only the page. */
  readonly row: ChatRow | null;
  /** The other person of a direct conversation. */
  readonly partner: MemberId | null;
  /** The customer, in a conversation with one. */
  readonly guest: MemberId | null;
}

const noReads: ReadsState = { positions: {} };

export function conversationOf(data: WorkspaceData, id: string): Conversation | null {
  const row = data.chat(id);
  if (row) {
    const { room, state, reads } = row;
    return { id, room, state, reads, row, partner: partner(state, data.me), guest: guestIn(state) };
  }
  if (!isId(id)) return null;
  const other = partnerOfId(id, data.directory, data.me);
  if (!other) return null;
  const members = { [data.me]: { since: 0 }, [other]: { since: 0 } };
  const state: ChatState = { created: null, type: 'direct', title: '', members, last: null };
  return { id, room: chatRoom(data, id), state, reads: noReads, row: null, partner: other, guest: null };
}
