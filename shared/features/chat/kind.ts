import type * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import { revokingRule, type CommandRule, type Fact, type LogKind } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { filesInShort } from './attachment.ts';
import {
  chatCreate,
  chatLeave,
  chatMember,
  chatMembers,
  chatRead,
  chatRename,
  chatSend,
  type ChatState,
  type ReadsState,
} from './schema.ts';

/** Both people of a pair arrive at the same id, also when both start the conversation with no network. */
export const directChatId = (a: MemberId, b: MemberId): string => `direct-${[a, b].sort().join('-')}`;

/** Longest preview of a message that lists keep. */
const previewLength = 160;

const initial: ChatState = { created: null, type: 'group', title: '', members: {}, last: null };

/** Copied only by entries that change it: most are messages, and a group may have thousands of members. */
const changeMembers = (draft: ChatState): ChatState['members'] => (draft.members = { ...draft.members });

const fold = makeFold<ChatState>((state) => ({ ...state }), {
  'chat.create': entryRule(chatCreate, (draft, data, entry) => {
    if (draft.created) return;
    draft.created = { by: entry.by, at: entry.at };
    draft.type = data.type;
    draft.title = data.title;
    const changed = changeMembers(draft);
    for (const member of [entry.by, ...data.members]) changed[member] = { since: entry.seq };
  }),
  'chat.send': entryRule(chatSend, (draft, { text, files }, entry) => {
    const { seq, by, at } = entry;
    const inShort = files ? { files: filesInShort(files) } : {};
    draft.last = { seq, by, at, text: text.slice(0, previewLength), ...inShort };
  }),
  'chat.rename': entryRule(chatRename, (draft, { title }) => {
    draft.title = title;
  }),
  'chat.addMembers': entryRule(chatMembers, (draft, { members }, entry) => {
    const changed = changeMembers(draft);
    for (const member of members) changed[member] ??= { since: entry.seq };
  }),
  'chat.removeMember': entryRule(chatMember, (draft, { member }) => {
    delete changeMembers(draft)[member];
  }),
  'chat.leave': entryRule(chatLeave, (draft, _data, entry) => {
    delete changeMembers(draft)[entry.by];
  }),
});

const isIn = (state: ChatState, member: MemberId): boolean => Object.hasOwn(state.members, member);

function mayTakePart(actor: Actor, state: ChatState): Decision {
  if (!state.created) return refuse('room-not-found', 'no such conversation');
  return isIn(state, actor.member) ? allow : refuse('forbidden', 'not a member of this conversation');
}

function mayChangeGroup(actor: Actor, state: ChatState): Decision {
  const part = mayTakePart(actor, state);
  if (!part.ok) return part;
  return state.type === 'group'
    ? allow
    : refuse('forbidden', 'a direct conversation has two members and no name');
}

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;

const create: Rule<typeof chatCreate> = {
  schema: chatCreate,
  creates: true,
  may(actor, data, { room, state, isActiveMember }) {
    const people = new Set<MemberId>([actor.member, ...data.members]);
    for (const member of people)
      if (!isActiveMember(member)) return refuse('member-not-found', 'no such member');
    if (data.type === 'direct') {
      const [a, b] = [...people];
      if (people.size !== 2 || room.id !== directChatId(a!, b!))
        return refuse('bad-request', 'a direct conversation is between two members and named after them');
      return allow;
    }
    if (room.id.startsWith('direct-'))
      return refuse('bad-request', 'this id is reserved for a pair of members');
    return state.created ? refuse('already-exists', 'the conversation exists') : allow;
  },
  // The other person of the pair was first: both wanted the same.
  isDone: (_actor, data, { state }) => data.type === 'direct' && state.created !== null,
};
const send: Rule<typeof chatSend> = {
  schema: chatSend,
  may: (actor, _data, { state }) => mayTakePart(actor, state),
};
const rename: Rule<typeof chatRename> = {
  schema: chatRename,
  may: (actor, _data, { state }) => mayChangeGroup(actor, state),
  isDone: (_actor, { title }, { state }) => state.title === title,
};
const addMembers: Rule<typeof chatMembers> = {
  schema: chatMembers,
  may(actor, { members }, { state, isActiveMember }) {
    for (const member of members)
      if (!isActiveMember(member)) return refuse('member-not-found', 'no such member');
    return mayChangeGroup(actor, state);
  },
  isDone: (_actor, { members }, { state }) => members.every((member) => isIn(state, member)),
};
const removeMember: Rule<typeof chatMember> = {
  schema: chatMember,
  may(actor, _data, { state }) {
    const group = mayChangeGroup(actor, state);
    if (!group.ok) return group;
    return state.created?.by === actor.member
      ? allow
      : refuse('forbidden', 'only the person who made the group takes people out');
  },
  isDone: (_actor, { member }, { state }) => !isIn(state, member),
};
const leave: Rule<typeof chatLeave> = {
  schema: chatLeave,
  may: (actor, _data, { state }) => mayChangeGroup(actor, state),
};

const members = (state: ChatState): MemberId[] => Object.keys(state.members) as MemberId[];

const takeOut = (state: ChatState, member: MemberId): Fact | null =>
  isIn(state, member) ? { type: 'chat.removeMember', data: { member } } : null;

export const chatKind: LogKind<ChatState> = {
  class: 'log',
  kind: 'chat',
  part: null,
  governedBy: null,
  initial,
  fold,
  exists: (state) => state.created !== null,
  readers: members,
  // Who may say something may put a file to it.
  mayAttach: (actor, context) => send.may(actor, { text: '' }, context),
  commands: {
    'chat.create': create,
    'chat.send': send,
    'chat.rename': rename,
    'chat.addMembers': addMembers,
    'chat.removeMember': removeMember,
    'chat.leave': leave,
  },
  facts: { 'chat.removeMember': chatMember },
  accessEntries: new Set(['chat.create', 'chat.addMembers', 'chat.removeMember', 'chat.leave']),
  revoking: {
    'chat.removeMember': revokingRule<ChatState, z.infer<typeof chatMember>>(
      chatMember,
      ({ member }, state) => takeOut(state, member),
    ),
    'chat.leave': (entry, state) => takeOut(state, entry.by),
  },
  noteworthy: new Set(['chat.send']),
};

const read: CommandRule<ReadsState, ChatState, z.infer<typeof chatRead>> = {
  schema: chatRead,
  may: (actor, _data, { governing }) => mayTakePart(actor, governing),
  // Reading goes forward only: an older device must not make messages unread again.
  isDone: (actor, { upTo }, { state }) => (state.positions[actor.member] ?? -1) >= upTo,
};

/** Who has read up to where. A part of its own, so that the messages stay a log of messages. */
export const chatReadsKind: LogKind<ReadsState, ChatState> = {
  class: 'log',
  kind: 'chat',
  part: 'reads',
  governedBy: null,
  initial: { positions: {} },
  fold: makeFold<ReadsState>((state) => ({ positions: { ...state.positions } }), {
    'chat.read': entryRule(chatRead, (draft, { upTo }, entry) => {
      draft.positions[entry.by] = Math.max(draft.positions[entry.by] ?? -1, upTo);
    }),
  }),
  exists: (chat) => chat.created !== null,
  readers: members,
  commands: { 'chat.read': read },
  facts: {},
  accessEntries: new Set(),
  revoking: {},
  noteworthy: new Set(),
};
