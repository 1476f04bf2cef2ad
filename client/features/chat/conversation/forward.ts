/* Taking messages to another conversation: each by itself, or all of them as one record. */
import type { MemberId, RoomId } from '../../../../shared/base/ids.ts';
import { directChatId } from '../../../../shared/features/chat/kind.ts';
import { mostRecorded, type ChatSend } from '../../../../shared/features/chat/messages.ts';
import type { MarkedEntry, WorkspaceData } from '../../../data/api.ts';
import { chatRoom, sendMessage } from '../commands.ts';
import { importedName, saidAt } from '../imported/authors.ts';
import { inShort } from '../in-short.ts';
import { messageIn } from '../timeline.ts';

export type ForwardAs = 'each' | 'merged';

/** A conversation, or a person with whom there may be none yet. */
export interface Destination {
  readonly id: string;
  readonly partner: MemberId | null;
}

export const destinationOfPerson = (me: MemberId, person: MemberId): Destination => ({
  id: directChatId(me, person),
  partner: person,
});

/** What would be said in the other conversation. `title`: what this one is called. */
export function forwardedMessages(
  entries: readonly MarkedEntry[],
  as: ForwardAs,
  title: string,
): readonly ChatSend[] {
  const messages = entries.flatMap((entry) => {
    const message = messageIn(entry);
    return message ? { entry, message } : [];
  });
  if (as === 'merged') {
    const items = messages.slice(0, mostRecorded).map(({ entry, message }) => ({
      ...(message.forwarded ?? { by: entry.by, ...importedName(entry) }),
      at: saidAt(entry),
      // Files stay where they are; a record says that they were there.
      text: message.files || message.record ? inShort(message) : message.text,
    }));
    return items.length === 0 ? [] : [{ text: '', record: { title: title.slice(0, 100), items } }];
  }
  return messages.flatMap(({ entry, message }): ChatSend[] => {
    const { text, record, files } = message;
    if (record) return [{ text, record }];
    return [
      {
        text,
        ...(files ? { files } : {}),
        forwarded: message.forwarded ?? { by: entry.by, ...importedName(entry) },
      },
    ];
  });
}

/** `from`: where it was said; `note`: own words, said after what is forwarded. */
export async function forward(
  data: WorkspaceData,
  from: RoomId,
  messages: readonly ChatSend[],
  to: readonly Destination[],
  note: string,
): Promise<void> {
  const all = note.trim() === '' ? messages : [...messages, { text: note.trim() }];
  for (const { id, partner } of to) {
    let begin = data.chat(id) === null ? partner : null;
    for (const message of all) {
      await sendMessage(data, chatRoom(data, id), message, begin, { filesFrom: from });
      begin = null;
    }
  }
}
