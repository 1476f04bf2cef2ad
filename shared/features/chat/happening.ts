import type { LogEntry } from '../../access/kind.ts';
import type { CommandId, MemberId, RoomId } from '../../base/ids.ts';
import type { PushedNotice } from '../../protocol/pushed.ts';
import { filesInShort } from './attachment.ts';
import { chatAnnounce, chatPlace } from './group-schema.ts';
import { messageOf } from './messages.ts';
import type { ChatState } from './schema.ts';
import { chatUrge } from './urgent-schema.ts';

/** Something of a conversation that somebody may want to be told of. */
export interface Happening {
  readonly room: RoomId;
  /** The message: what an urgent one asks to be confirmed is an older entry. */
  readonly id: CommandId;
  readonly seq: number;
  readonly by: MemberId;
  readonly text: string;
  readonly is: PushedNotice['is'] | null;
  readonly calls: (member: MemberId) => boolean;
  /** Who is asked to confirm it; null where it is not urgent and concerns everybody. */
  readonly urgentTo: readonly MemberId[] | null;
  /** Said to the guest of a conversation alone. */
  readonly isForGuest?: true;
}

/** Characters of a message that a notification shows. */
const shown = 140;
/** Marks of Markdown that only say how words look: notifications have one look. */
const marks = /\*\*|~~|`+|^(?:#{1,6}|>|[-*+]) /gmu;
const firstWords = (text: string): string => {
  const line = text.replace(marks, '').replace(/\s+/gu, ' ').trim();
  const words = [...line];
  return words.length > shown ? `${words.slice(0, shown).join('')}…` : line;
};

const nobody = (): boolean => false;

function message(room: RoomId, entry: LogEntry): Happening | null {
  const said = messageOf(entry);
  // Nobody is called by what many get.
  if (!said || entry.type !== 'chat.send' || said.broadcast !== undefined) return null;
  const { text, mentions = [], all = false, files, record } = said;
  const voice = files && filesInShort(files).kind === 'voice';
  return {
    room,
    id: entry.id,
    seq: entry.seq,
    by: entry.by,
    text: firstWords(text),
    is: voice ? 'voice' : files ? 'files' : record ? 'record' : null,
    calls: (member) => all || mentions.includes(member),
    urgentTo: null,
  };
}

/** `find`: the message that an entry speaks of. Null for entries nobody is told of. */
export function happeningIn(
  room: RoomId,
  entry: LogEntry,
  find: (seq: number) => LogEntry | null,
): Happening | null {
  switch (entry.type) {
    case 'chat.send':
      return message(room, entry);
    case 'chat.announce': {
      const parsed = chatAnnounce.safeParse(entry.data);
      if (!parsed.success || parsed.data.text === '') return null;
      const { id, seq, by } = entry;
      const text = firstWords(parsed.data.text);
      return { room, id, seq, by, text, is: 'announcement', calls: () => true, urgentTo: null };
    }
    case 'chat.place': {
      // Whoever is asked into a group is told of it.
      const parsed = chatPlace.safeParse(entry.data);
      if (!parsed.success || parsed.data.is !== 'invited') return null;
      const { by, title } = parsed.data;
      const { id, seq } = entry;
      const about = { room, id, seq, by, text: firstWords(title), is: null };
      return { ...about, calls: nobody, urgentTo: null, isForGuest: true };
    }
    case 'chat.urge': {
      const parsed = chatUrge.safeParse(entry.data);
      if (!parsed.success || parsed.data.members.length === 0) return null;
      const urged = find(parsed.data.target.seq);
      const of = urged?.id === parsed.data.target.id ? message(room, urged) : null;
      return of && { ...of, calls: nobody, urgentTo: parsed.data.members };
    }
    default:
      return null;
  }
}

/** Names in the title of a group that has none. */
const mostNames = 4;

/** What a notification calls the group, or the customer of a conversation; null with one other person. */
export function groupCalled(
  chat: ChatState,
  me: MemberId,
  nameOf: (member: MemberId) => string,
): string | null {
  if (chat.type === 'direct') return null;
  if (chat.guest !== undefined) return nameOf(chat.guest);
  if (chat.title !== '') return chat.title;
  const others = (Object.keys(chat.members) as MemberId[]).filter((each) => each !== me);
  const names = others.slice(0, mostNames).map(nameOf);
  return names.join(', ') + (others.length > mostNames ? ' …' : '');
}
