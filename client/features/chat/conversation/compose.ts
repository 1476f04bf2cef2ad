/* What the composer's words become: who is called by name, and whether everybody is. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import type { ChatSend } from '../../../../shared/features/chat/messages.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import type { Conversation } from '../conversation.ts';
import { mentionsIn, type Named } from '../message-text.ts';
import { otherMembers, personName } from '../people.ts';
import { callsAll } from './mention-all.ts';
import { t } from './strings.ts';

/** Stands among the people one can mention. */
const everybody: Named = {
  id: 'all',
  get name() {
    return t.mentionAll;
  },
};

/** Who can be mentioned in the conversation by this person. */
export function mentionable(data: WorkspaceData, { state, room, guest }: Conversation): readonly Named[] {
  const colleagues = otherMembers(state, data.me).filter((id) => id !== guest);
  const people = colleagues.map((id) => ({ id, name: personName(data.directory, id) }));
  const mayCallAll = state.type === 'group' && data.may(room, 'chat.send', { text: '-', all: true }).ok;
  return mayCallAll ? [everybody, ...people] : people;
}

/** Whom a text calls, by name or all together. `people`: those of `mentionable`. */
export function calledBy(text: string, people: readonly Named[]): readonly MemberId[] {
  const { mentions, all } = wordsOf(text, people);
  const everyone = people.filter((person) => person !== everybody).map(({ id }) => id as MemberId);
  return all ? everyone : (mentions ?? []);
}

/** `people`: those of `mentionable`. */
export function wordsOf(text: string, people: readonly Named[]): Pick<ChatSend, 'text' | 'mentions' | 'all'> {
  const persons = people.filter((person) => person !== everybody);
  const mentions = mentionsIn(text, persons) as MemberId[];
  const all = persons.length < people.length && callsAll(text);
  return { text, ...(mentions.length > 0 ? { mentions } : {}), ...(all ? { all: true } : {}) };
}
