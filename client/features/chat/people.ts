/* Names as conversations show them. Everything is read from the directory, so a changed name changes everywhere. */
import { isId, type MemberId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import { guestsAsked } from '../../../shared/features/chat/outside.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import { personOf } from '../../../shared/features/directory/tree.ts';
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

/** Whether somebody who is not of the company reads there, or may. */
export const isOutside = (state: ChatState): boolean => state.type === 'customer' || state.outside === true;

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
  const inside = otherMembers(state, me);
  // Until somebody is in, it is called after those who are asked.
  const others = inside.length > 0 ? inside : guestsAsked(state);
  if (others.length === 0) return state.outside === true ? t.emptyCustomerGroup : t.emptyGroup;
  const names = others.slice(0, mostNames).map((id) => personName(directory, id));
  if (others.length <= mostNames) return formatList(names);
  return `${names.join(', ')} …`;
}

/** The other of the pair whose conversation has this id; null when it is not one of `me`. */
export function otherOfPair(id: string, me: MemberId): MemberId | null {
  if (!id.startsWith('direct-')) return null;
  const pair = id.slice('direct-'.length);
  const others = [
    ...(pair.startsWith(`${me}-`) ? [pair.slice(me.length + 1)] : []),
    ...(pair.endsWith(`-${me}`) ? [pair.slice(0, -me.length - 1)] : []),
  ] as MemberId[];
  return others.find((other) => other !== me && isId(other) && directChatId(other, me) === id) ?? null;
}

/** Whose pair an id is named after: the other person, if `id` is that of a direct conversation of `me`. */
export function partnerOfId(id: string, directory: DirectoryState, me: MemberId): MemberId | null {
  const other = otherOfPair(id, me);
  // Looked for by their id: somebody whom the directory does not show can be written to, too.
  return other !== null && personOf(directory, other) ? other : null;
}
