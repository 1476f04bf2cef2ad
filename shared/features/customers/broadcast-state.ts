import type { CustomerId, MemberId } from '../../base/ids.ts';
import { cardLink } from '../chat/schema.ts';
import type { BroadcastState, Counts, OwnerPart } from './broadcast-schema.ts';
import { fillPlaces } from './places.ts';

/** Nothing more goes out. */
export const isOver = ({ stopped, finishedAt }: BroadcastState): boolean =>
  stopped !== null || finishedAt !== null;

export const partOf = ({ owners }: BroadcastState, member: MemberId): OwnerPart | undefined =>
  owners.find((part) => part.member === member);

export const sumOf = (counts: Counts): number =>
  Object.values(counts).reduce((sum, customers) => sum + customers, 0);

/** Whether this person has not said yet whether it may go to their customers. */
export const isAsked = (state: BroadcastState, member: MemberId): boolean =>
  state.approval && !isOver(state) && member !== state.begun?.by && partOf(state, member)?.answer === null;

/** The link that gets a card: one that reads the same for every customer; null without one. */
export function linkOf({ text, noCard }: Pick<BroadcastState, 'text' | 'noCard'>): string | null {
  const link = noCard ? null : cardLink(text);
  return link === null || /[{}]|%7B/i.test(link) ? null : link;
}

/** The words as one customer gets them. */
export const filledBroadcast = (
  text: string,
  { name, company, person }: { readonly name: string; readonly company: string; readonly person: string },
): string => fillPlaces(text, { customer: name, company, person });

/** The one message that the customer gets of it, whatever happens on the way. */
export const messageIdOf = (broadcast: string, customer: CustomerId): string => `m-${broadcast}-${customer}`;
