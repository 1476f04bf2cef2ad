/* A new group that begins with a message of another one. */
import type { MemberId, RoomId } from '../../../../shared/base/ids.ts';
import type { ChatSend } from '../../../../shared/features/chat/messages.ts';

export interface Split {
  readonly people: readonly MemberId[];
  /** What is said first in it. */
  readonly messages: readonly ChatSend[];
  /** Where it was said before, and where its files are. */
  readonly from: RoomId;
}

/** One dialog at a time; the page of a conversation shows it. */
class Splitting {
  dialog = $state.raw<Split | null>(null);
}
export const splitting = new Splitting();
