import type { Fact, Leading } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import type { ChatState } from '../chat/schema.ts';
import type { CustomerState } from './customer-schema.ts';

/** The conversation of a customer, as its room's id. */
export const customerChatId = (customer: string): string => `customer-${customer}`;

/** Who works with the customer: the owner first. */
export const staffOf = ({ owner, helpers }: Pick<CustomerState, 'owner' | 'helpers'>): readonly MemberId[] =>
  owner === null ? helpers : [owner, ...helpers.filter((member) => member !== owner)];

/** What the conversation has to say so that the guest, the owner and the helpers are in it, and nobody else. */
function lacks(file: CustomerState, follower: unknown): readonly Fact[] {
  const chat = follower as ChatState;
  const { guest, name } = file;
  if (!file.begun || guest === null) return [];
  const staff = staffOf(file);
  if (!chat.created) return [{ type: 'chat.customer', data: { guest, members: [...staff], name } }];
  const wanted: readonly MemberId[] = [guest, ...staff];
  const now = Object.keys(chat.members) as MemberId[];
  const more = wanted.filter((member) => !now.includes(member));
  const less = now.filter((member) => !wanted.includes(member));
  const ended = file.ended !== null;
  const known = chat.guests?.[guest]?.name ?? '';
  return [
    ...(more.length > 0 ? [{ type: 'chat.addMembers', data: { members: more } }] : []),
    ...less.map((member) => ({ type: 'chat.removeMember', data: { member } })),
    ...(known !== name || (chat.ended !== undefined) !== ended
      ? [{ type: 'chat.guest', data: { name, ended } }]
      : []),
  ];
}

/** The conversation says what follows from the file, in the same commit. */
export const leadsConversation: Leading<CustomerState> = {
  follower: ({ id }) => ({ kind: 'chat', id: customerChatId(id) }),
  lacks,
};
