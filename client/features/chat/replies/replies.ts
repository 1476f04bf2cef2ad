/* Quick replies: words that one says often, found by what one remembers of them, and filled in when they are said. */
import type { ChatState } from '../../../../shared/features/chat/schema.ts';
import { fillPlaces } from '../../../../shared/features/customers/places.ts';
import type { QuickReply } from '../../../../shared/features/personal/schema.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { compareNames, matchesName, nameRank } from '../../../i18n/index.ts';

const mostOffered = 50;

/** By title first, then by folder and text; the person's own come before those of everybody where both fit as well. */
export function findReplies(
  typed: string,
  own: readonly QuickReply[],
  team: readonly QuickReply[],
): readonly QuickReply[] {
  return [...own.map((reply) => ({ reply, side: 0 })), ...team.map((reply) => ({ reply, side: 1 }))]
    .filter(({ reply }) => matchesName(typed, reply.title, [reply.folder, reply.text]))
    .sort(
      (a, b) =>
        nameRank(typed, a.reply.title) - nameRank(typed, b.reply.title) ||
        a.side - b.side ||
        compareNames(a.reply.folder, b.reply.folder) ||
        compareNames(a.reply.title, b.reply.title),
    )
    .slice(0, mostOffered)
    .map(({ reply }) => reply);
}

export interface Places {
  /** Empty while nobody knows their name. */
  readonly customer: string;
  readonly me: string;
  readonly company: string;
}

/** Who they are in a conversation with a customer. */
export const customerPlaces = (
  data: Pick<WorkspaceData, 'me' | 'directory'>,
  { guest, guests }: Pick<ChatState, 'guest' | 'guests'>,
): Places => ({
  customer: (guest === undefined ? undefined : guests?.[guest]?.name) ?? '',
  me: data.directory.members[data.me]?.name ?? '',
  company: data.directory.name,
});

/** The text with its places filled in. A customer without a name is left out, and so is what only led to it. */
export function filledReply(text: string, { customer, me, company }: Places): string {
  const named =
    customer === '' ? text.replace(/[^\S\n]*\{(?:customer|name)\}/gu, '').replace(/^[\s,，、]+/u, '') : text;
  return fillPlaces(named, { customer, person: me, company });
}
