import type { Fact, Leading } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import type { ChatState } from '../chat/schema.ts';
import type { CustomerState } from './customer-schema.ts';
import { partLacks, partsOf } from './merge.ts';
import { staffOf } from './staff.ts';

/** The conversation of a customer, as its room's id. */
export const customerChatId = (customer: string): string => `customer-${customer}`;

/** What the conversation has to say so that the guest, the owner and the helpers are in it, and nobody else. */
function chatLacks(file: CustomerState, chat: ChatState): readonly Fact[] {
  const { guest, name, importing } = file;
  if (!file.begun || guest === null) return [];
  const staff = staffOf(file);
  if (!chat.created) {
    const data = { guest, members: [...staff], name, ...(importing ? { imports: true } : {}) };
    return [{ type: 'chat.customer', data }];
  }
  const wanted: readonly MemberId[] = [guest, ...staff];
  const now = Object.keys(chat.members) as MemberId[];
  const more = wanted.filter((member) => !now.includes(member));
  const less = now.filter((member) => !wanted.includes(member));
  const ended = file.ended !== null;
  const known = chat.guests?.[guest]?.name ?? '';
  const isBrought = !importing && chat.imports !== undefined && !chat.imports.done;
  return [
    ...(isBrought ? [{ type: 'chat.imported', data: { members: [] } }] : []),
    ...(more.length > 0 ? [{ type: 'chat.addMembers', data: { members: more } }] : []),
    ...less.map((member) => ({ type: 'chat.removeMember', data: { member } })),
    ...(known !== name || (chat.ended !== undefined) !== ended
      ? [{ type: 'chat.guest', data: { name, ended } }]
      : []),
  ];
}

/** The conversation says what follows from the file, and so do the files that are a part of it, in the same commit. */
export const leadsConversation: Leading<CustomerState> = {
  followers: ({ id }, file) => [
    { kind: 'chat', id: customerChatId(id) },
    ...partsOf(file).map((other) => ({ kind: 'customer', id: other })),
  ],
  lacks: (file, { id }, follower, { kind, id: other }) =>
    kind === 'chat'
      ? chatLacks(file, follower as ChatState)
      : partLacks(file, id, follower as CustomerState, other),
};
