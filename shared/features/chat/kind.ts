import type * as z from 'zod/mini';
import { allow, isAdmin, refuse } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { chatCard } from './card.ts';
import { customerFacts, customerFolds, customerRevoking, fileOf, isCustomerChat } from './customer.ts';
import { chatErasing, recallRevoking } from './erasing.ts';
import { chatConfirm, chatMembers, mostMembers } from './group-schema.ts';
import {
  changeMembers,
  groupAccessEntries,
  groupCommands,
  groupFacts,
  groupFolds,
  groupRevoking,
} from './group.ts';
import { importCommands, importFolds } from './import.ts';
import { messageMarks } from './marks.ts';
import { isImporting, mayImport, mayLook, mayTakePart, newcomers, readsFrom } from './membership.ts';
import { messageCommands, messageFolds } from './messages.ts';
import {
  leadsGuests,
  outsideAccessEntries,
  outsideCommands,
  outsideFacts,
  outsideFolds,
  outsideRevoking,
} from './outside.ts';
import { chatCreate, chatRead, type ChatState, type ReadsState } from './schema.ts';
import { urgentCommands, urgentFolds } from './urgent.ts';

/** Both people of a pair arrive at the same id, also when both start the conversation with no network. */
export const directChatId = (a: MemberId, b: MemberId): string => `direct-${[a, b].sort().join('-')}`;

const initial: ChatState = { created: null, type: 'group', title: '', members: {}, last: null };

const fold = makeFold<ChatState>((state) => ({ ...state }), {
  'chat.create': entryRule(chatCreate, (draft, data, entry) => {
    if (draft.created) return;
    draft.created = { by: entry.by, at: entry.at };
    draft.type = data.type;
    draft.title = data.title;
    if (data.imports) draft.imports = { from: data.imports, count: 0, last: '' };
    if (data.outside && data.type === 'group') draft.outside = true;
    const changed = changeMembers(draft);
    for (const member of [entry.by, ...data.members]) changed[member] = { since: entry.seq };
  }),
  ...messageFolds,
  ...groupFolds,
  ...urgentFolds,
  ...importFolds,
  ...outsideFolds,
  ...customerFolds,
});

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;

const create: Rule<typeof chatCreate> = {
  schema: chatCreate,
  creates: true,
  may(actor, data, { room, state, isActiveMember }) {
    if (isCustomerChat(room.id)) return refuse('bad-request', 'this id is reserved for a customer');
    const people = new Set<MemberId>([actor.member, ...data.members]);
    if (people.size > mostMembers) return refuse('too-many', `a group has at most ${mostMembers} members`);
    for (const member of people)
      if (!isActiveMember(member)) return refuse('member-not-found', 'no such member');
    if (data.type === 'direct') {
      if (data.imports ?? data.outside) return refuse('bad-request', 'that becomes a group');
      const [a, b] = [...people];
      if (people.size !== 2 || room.id !== directChatId(a!, b!))
        return refuse('bad-request', 'a direct conversation is between two members and named after them');
      return allow;
    }
    if (data.imports && data.outside) return refuse('bad-request', 'what is imported is for members');
    if (data.imports && !(isAdmin(actor) && people.size === 1))
      return refuse('forbidden', 'administrators import, and others come in when all of it is there');
    if (room.id.startsWith('direct-'))
      return refuse('bad-request', 'this id is reserved for a pair of members');
    return state.created ? refuse('already-exists', 'the conversation exists') : allow;
  },
  // The other person of the pair was first: both wanted the same.
  isDone: (_actor, data, { state }) => data.type === 'direct' && state.created !== null,
};
const members = (state: ChatState): MemberId[] => Object.keys(state.members) as MemberId[];

export const chatKind: LogKind<ChatState> = {
  class: 'log',
  kind: 'chat',
  part: null,
  governedBy: null,
  initial,
  fold,
  exists: (state) => state.created !== null,
  readers: members,
  // Who may say something, or import it, may put a file to it.
  mayAttach: (actor, context) =>
    isImporting(context.state)
      ? mayImport(actor, context.state)
      : messageCommands['chat.send'].may(actor, { text: '' }, context),
  commands: {
    'chat.create': create,
    ...messageCommands,
    ...groupCommands,
    ...urgentCommands,
    ...importCommands,
    ...outsideCommands,
  },
  facts: {
    ...groupFacts,
    ...customerFacts,
    ...outsideFacts,
    'chat.addMembers': chatMembers,
    'chat.card': chatCard,
  },
  guestCommands: new Set(['chat.send', 'chat.edit', 'chat.recall', 'chat.giveUp', 'chat.consent']),
  appCommands: { 'chat.send': 'conversations:write' },
  leads: leadsGuests,
  ledBy: fileOf,
  accessEntries: new Set([
    'chat.create',
    'chat.imported',
    'chat.customer',
    'chat.guest',
    ...groupAccessEntries,
    ...outsideAccessEntries,
  ]),
  revoking: { ...groupRevoking, ...recallRevoking, ...customerRevoking, ...outsideRevoking },
  // A group went on without them; a pair could not.
  letGo: ({ type, members: of }, member) =>
    type === 'group' && Object.hasOwn(of, member) ? { type: 'chat.removeMember', data: { member } } : null,
  // A direct conversation is its two people's; who is in a group was said when it was made.
  isAnother: ({ type }) => type === 'group',
  noteworthy: new Set(['chat.send', 'chat.announce']),
  limited: {
    from: readsFrom,
    hide: withoutBefore,
    since: newcomers,
    begin: (of, from) => ({ type: 'chat.readFrom', data: { members: of, from } }),
  },
  marks: messageMarks,
  erasing: chatErasing,
};

/** What a conversation says of its messages is not for somebody who may not read them. */
function withoutBefore(state: ChatState, from: number): ChatState {
  const { last, pins, urgent } = state;
  const known = ({ seq }: { seq: number }): boolean => seq >= from;
  return {
    ...state,
    last: last && known(last) ? last : null,
    ...(pins && { pins: pins.filter(known) }),
    ...(urgent && { urgent: urgent.filter(known) }),
  };
}

const read: CommandRule<ReadsState, ChatState, z.infer<typeof chatRead>> = {
  schema: chatRead,
  may: (actor, _data, { governing }) => mayLook(actor, governing),
  // Reading goes forward only: an older device must not make messages unread again.
  isDone: (actor, { upTo }, { state }) => (state.positions[actor.member] ?? -1) >= upTo,
};

const confirm: CommandRule<ReadsState, ChatState, z.infer<typeof chatConfirm>> = {
  schema: chatConfirm,
  may(actor, { announcement }, { governing }) {
    const part = mayTakePart(actor, governing);
    if (!part.ok || governing.announcement?.id === announcement) return part;
    return refuse('not-found', 'this announcement was taken down');
  },
  isDone: (actor, { announcement }, { state }) => state.confirmed?.[actor.member] === announcement,
};

/** Who has read up to where. A part of its own, so that the messages stay a log of messages. */
export const chatReadsKind: LogKind<ReadsState, ChatState> = {
  class: 'log',
  kind: 'chat',
  part: 'reads',
  governedBy: null,
  initial: { positions: {} },
  fold: makeFold<ReadsState>((state) => ({ ...state, positions: { ...state.positions } }), {
    'chat.read': entryRule(chatRead, (draft, { upTo }, entry) => {
      draft.positions[entry.by] = Math.max(draft.positions[entry.by] ?? -1, upTo);
    }),
    'chat.confirm': entryRule(chatConfirm, (draft, { announcement }, entry) => {
      draft.confirmed = { ...draft.confirmed, [entry.by]: announcement };
    }),
  }),
  exists: (chat) => chat.created !== null,
  readers: members,
  commands: { 'chat.read': read, 'chat.confirm': confirm },
  guestCommands: new Set(['chat.read']),
  facts: {},
  accessEntries: new Set(),
  revoking: {},
  noteworthy: new Set(),
};
