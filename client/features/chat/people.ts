/* Names as conversations show them. Everything is read from the directory, so a changed name changes everywhere. */
import type { MemberId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import { formatList } from '../../i18n/index.ts';
import { t } from './strings.ts';

/** Names in the title of a group that has none of its own. */
const mostNames = 4;

export const personName = (directory: DirectoryState, id: MemberId): string =>
  directory.members[id]?.name ?? t.unknownPerson;

export const activeMembers = (directory: DirectoryState): Member[] =>
  Object.values(directory.members).filter((member) => member.leftAt === null);

/** The people of a conversation without the one who looks at it, in the order they came. */
export const otherMembers = (state: ChatState, me: MemberId): MemberId[] =>
  (Object.keys(state.members) as MemberId[])
    .filter((id) => id !== me)
    .sort((a, b) => (state.members[a]?.since ?? 0) - (state.members[b]?.since ?? 0));

/** Whose conversation with the company it is; null for any other. */
export const guestIn = (state: ChatState): MemberId | null =>
  state.type === 'customer' ? (state.guest ?? null) : null;

/** The other person of a direct conversation, or null for a group. */
export const partner = (state: ChatState, me: MemberId): MemberId | null =>
  state.type === 'direct' ? (otherMembers(state, me)[0] ?? null) : null;

/** Whose face stands for the conversation; null where it has one of its own. */
export const faceOf = (state: ChatState, me: MemberId): MemberId | null =>
  guestIn(state) ?? partner(state, me);

export function chatTitle(state: ChatState, directory: DirectoryState, me: MemberId): string {
  const guest = guestIn(state);
  if (guest) return personName(directory, guest);
  if (state.type === 'group' && state.title !== '') return state.title;
  const others = otherMembers(state, me);
  if (others.length === 0) return t.emptyGroup;
  const names = others.slice(0, mostNames).map((id) => personName(directory, id));
  if (others.length <= mostNames) return formatList(names);
  return `${names.join(', ')} …`;
}

/** Whose pair an id is named after: the other person, if `id` is that of a direct conversation of `me`. */
export function partnerOfId(id: string, directory: DirectoryState, me: MemberId): MemberId | null {
  if (!id.startsWith('direct-')) return null;
  const found = Object.values(directory.members).find(
    (member) => member.id !== me && directChatId(member.id, me) === id,
  );
  return found?.id ?? null;
}
