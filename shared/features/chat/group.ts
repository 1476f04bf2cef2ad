import type * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import {
  revokingRule,
  type CommandRule,
  type Fact,
  type LogEntry,
  type RevokingRule,
} from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import {
  chatAdmin,
  chatAnnounce,
  chatDissolve,
  chatJoin,
  chatLeave,
  chatLink,
  chatMember,
  chatMembers,
  chatReadFrom,
  chatRename,
  chatSet,
  mostMembers,
} from './group-schema.ts';
import {
  isAsked,
  isIn,
  mayAdd,
  mayLook,
  mayManage,
  mayOwn,
  mayRename,
  ownerOf,
  roleIn,
  settingsOf,
} from './membership.ts';
import type { ChatState } from './schema.ts';

/** Longest preview of an announcement that lists keep. */
const previewLength = 160;

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;

const isFull = ({ members }: ChatState, more: number): boolean =>
  Object.keys(members).length + more > mostMembers;
const full = (): Decision => refuse('too-many', `a group has at most ${mostMembers} members`);

const rename: Rule<typeof chatRename> = {
  schema: chatRename,
  may: (actor, _data, context) => mayRename(actor, context),
  isDone: (_actor, { title }, { state }) => state.title === title,
};

const addMembers: Rule<typeof chatMembers> = {
  schema: chatMembers,
  may(actor, { members }, context) {
    const { state, isActiveMember } = context;
    for (const member of members)
      if (!isActiveMember(member)) return refuse('member-not-found', 'no such member');
    const add = mayAdd(actor, context);
    if (!add.ok) return add;
    const more = new Set(members.filter((member) => !isIn(state, member)));
    return isFull(state, more.size) ? full() : allow;
  },
  isDone: (_actor, { members }, { state }) => members.every((member) => isIn(state, member)),
};

const removeMember: Rule<typeof chatMember> = {
  schema: chatMember,
  may(actor, { member }, context) {
    const manage = mayManage(actor, context);
    if (!manage.ok) return manage;
    const target = roleIn(context.state, member, context.isActiveMember);
    if (target === 'owner') return refuse('forbidden', 'the owner is not taken out');
    return target === 'admin' ? mayOwn(actor, context) : allow;
  },
  isDone: (_actor, { member }, { state }) => !isIn(state, member) && !isAsked(state, member),
};

const leave: Rule<typeof chatLeave> = {
  schema: chatLeave,
  may(actor, _data, { state }) {
    const look = mayLook(actor, state);
    if (!look.ok || state.type === 'group') return look;
    return refuse('forbidden', 'only a group is left');
  },
};

/** Whether this is somebody whom the owner may give a part in running the group. */
function mayAppoint(
  actor: Actor,
  member: MemberId,
  context: Parameters<typeof mayOwn>[1] & { readonly state: ChatState },
): Decision {
  const own = mayOwn(actor, context);
  if (!own.ok) return own;
  return isIn(context.state, member) && context.isActiveMember(member)
    ? allow
    : refuse('member-not-found', 'not a member of this group');
}

const setAdmin: Rule<typeof chatAdmin> = {
  schema: chatAdmin,
  may(actor, { member, admin }, context) {
    const appoint = mayAppoint(actor, member, context);
    if (!appoint.ok || admin === false || member !== actor.member) return appoint;
    return refuse('bad-request', 'the owner is no admin');
  },
  isDone: (_actor, { member, admin }, { state }) => isAdminIn(state, member) === admin,
};

const transfer: Rule<typeof chatMember> = {
  schema: chatMember,
  may: (actor, { member }, context) => mayAppoint(actor, member, context),
  isDone: (_actor, { member }, { state }) => ownerOf(state) === member,
};

const set: Rule<typeof chatSet> = {
  schema: chatSet,
  may: (actor, _data, context) => mayManage(actor, context),
  isDone: (_actor, data, { state }) => saysSo(state, data),
};

const announce: Rule<typeof chatAnnounce> = {
  schema: chatAnnounce,
  may: (actor, _data, context) => mayManage(actor, context),
  isDone: (_actor, { text }, { state }) => text === '' && !state.announcement,
};

const link: Rule<typeof chatLink> = {
  schema: chatLink,
  may: (actor, _data, context) => mayManage(actor, context),
  isDone: (_actor, { key }, { state }) => (state.link ?? null) === key,
};

const dissolve: Rule<typeof chatDissolve> = {
  schema: chatDissolve,
  may: (actor, _data, context) => mayOwn(actor, context),
};

export const groupCommands = {
  'chat.rename': rename,
  'chat.addMembers': addMembers,
  'chat.removeMember': removeMember,
  'chat.leave': leave,
  'chat.admin': setAdmin,
  'chat.transfer': transfer,
  'chat.set': set,
  'chat.announce': announce,
  'chat.link': link,
  'chat.dissolve': dissolve,
};

/** Copied only by entries that change it: most are messages, and a group may have thousands of members. */
export const changeMembers = (draft: ChatState): ChatState['members'] =>
  (draft.members = { ...draft.members });

export function letIn(draft: ChatState, members: readonly MemberId[], { seq }: LogEntry): void {
  const changed = changeMembers(draft);
  const limited = settingsOf(draft).newcomersRead === 'fromThen';
  const takenOut = { ...draft.takenOut };
  for (const member of members) {
    changed[member] ??= limited ? { since: seq, from: seq } : { since: seq };
    delete takenOut[member];
  }
  if (draft.takenOut) draft.takenOut = takenOut;
}

/** When the owner goes, the next one is the owner for good, also when the first comes back. */
function letGo(draft: ChatState, member: MemberId): void {
  const wasOwner = isIn(draft, member) && ownerOf(draft) === member;
  delete changeMembers(draft)[member];
  if (!wasOwner) return;
  delete draft.owner;
  const next = ownerOf(draft);
  if (next !== null) draft.owner = next;
}

const isAdminIn = (state: ChatState, member: MemberId): boolean =>
  isIn(state, member) && state.members[member]!.admin === true;

function makeAdmin(draft: ChatState, member: MemberId, admin: boolean): void {
  if (!isIn(draft, member)) return;
  // Who owns it by having been there first must not be overtaken by an admin.
  const owner = ownerOf(draft);
  if (owner !== null) draft.owner = owner;
  const { admin: _, ...others } = draft.members[member]!;
  changeMembers(draft)[member] = admin ? { ...others, admin } : others;
}

function makeOwner(draft: ChatState, member: MemberId): void {
  if (!isIn(draft, member)) return;
  makeAdmin(draft, member, false);
  draft.owner = member;
}

const saysSo = (state: ChatState, change: z.infer<typeof chatSet>): boolean => {
  const now = settingsOf(state);
  return (Object.keys(change) as (keyof typeof change)[]).every((name) => now[name] === change[name]);
};

export const groupFolds = {
  'chat.rename': entryRule<ChatState, z.infer<typeof chatRename>>(chatRename, (draft, { title }) => {
    draft.title = title;
  }),
  'chat.addMembers': entryRule<ChatState, z.infer<typeof chatMembers>>(
    chatMembers,
    (draft, { members }, entry) => letIn(draft, members, entry),
  ),
  'chat.join': entryRule<ChatState, z.infer<typeof chatJoin>>(chatJoin, (draft, _data, entry) =>
    letIn(draft, [entry.by], entry),
  ),
  'chat.removeMember': entryRule<ChatState, z.infer<typeof chatMember>>(chatMember, (draft, { member }) => {
    if (isAsked(draft, member))
      draft.guests = { ...draft.guests, [member]: { name: draft.guests![member]!.name } };
    if (!isIn(draft, member)) return;
    letGo(draft, member);
    draft.takenOut = { ...draft.takenOut, [member]: true };
  }),
  'chat.leave': entryRule<ChatState, z.infer<typeof chatLeave>>(chatLeave, (draft, _data, { by }) =>
    letGo(draft, by),
  ),
  'chat.admin': entryRule<ChatState, z.infer<typeof chatAdmin>>(chatAdmin, (draft, { member, admin }) =>
    makeAdmin(draft, member, admin),
  ),
  'chat.transfer': entryRule<ChatState, z.infer<typeof chatMember>>(chatMember, (draft, { member }) =>
    makeOwner(draft, member),
  ),
  'chat.set': entryRule<ChatState, z.infer<typeof chatSet>>(chatSet, (draft, change) => {
    draft.settings = { ...draft.settings, ...change };
  }),
  'chat.announce': entryRule<ChatState, z.infer<typeof chatAnnounce>>(
    chatAnnounce,
    (draft, { text }, { seq, id, by, at }) => {
      if (text === '') {
        delete draft.announcement;
        return;
      }
      draft.announcement = { id, by, at, text };
      draft.last = { seq, id, by, at, text: text.slice(0, previewLength), is: 'announcement' };
    },
  ),
  'chat.link': entryRule<ChatState, z.infer<typeof chatLink>>(chatLink, (draft, { key }) => {
    if (key === null) delete draft.link;
    else draft.link = key;
  }),
  'chat.dissolve': entryRule<ChatState, z.infer<typeof chatDissolve>>(
    chatDissolve,
    (draft, _data, { by, at }) => {
      draft.dissolved ??= { by, at };
    },
  ),
  'chat.readFrom': entryRule<ChatState, z.infer<typeof chatReadFrom>>(
    chatReadFrom,
    (draft, { members, from }) => {
      const changed = changeMembers(draft);
      for (const member of members)
        if (isIn(draft, member))
          changed[member] = { ...changed[member]!, from: Math.max(changed[member]!.from ?? 0, from) };
    },
  ),
};

/** What the relay itself may say of a group: who came by the link, and again what was taken away before a restore. */
export const groupFacts = {
  'chat.removeMember': chatMember,
  'chat.admin': chatAdmin,
  'chat.transfer': chatMember,
  'chat.set': chatSet,
  'chat.link': chatLink,
  'chat.dissolve': chatDissolve,
  'chat.join': chatJoin,
  'chat.readFrom': chatReadFrom,
};

/** After these somebody may read, or do, what they could not before, or the other way round. */
export const groupAccessEntries = [
  'chat.addMembers',
  'chat.join',
  'chat.removeMember',
  'chat.leave',
  'chat.admin',
  'chat.transfer',
  'chat.set',
  'chat.link',
  'chat.readFrom',
] as const;

const takeOut = (state: ChatState, member: MemberId): Fact | null =>
  isIn(state, member) || isAsked(state, member) ? { type: 'chat.removeMember', data: { member } } : null;

const again = <Schema extends z.ZodMiniType>(
  schema: Schema,
  fact: (data: z.infer<Schema>, state: ChatState) => Fact | null,
): RevokingRule<ChatState> =>
  revokingRule<ChatState, z.infer<Schema>>(schema as z.ZodMiniType<z.infer<Schema>>, fact);

export const groupRevoking: Readonly<Record<string, RevokingRule<ChatState>>> = {
  'chat.removeMember': again(chatMember, ({ member }, state) => takeOut(state, member)),
  'chat.leave': (entry, state) => takeOut(state, entry.by),
  'chat.admin': again(chatAdmin, (data, state) =>
    !data.admin && isAdminIn(state, data.member) ? { type: 'chat.admin', data } : null,
  ),
  'chat.transfer': again(chatMember, (data, state) =>
    isIn(state, data.member) && ownerOf(state) !== data.member ? { type: 'chat.transfer', data } : null,
  ),
  'chat.set': again(chatSet, (data, state) => (saysSo(state, data) ? null : { type: 'chat.set', data })),
  'chat.link': again(chatLink, (data, state) =>
    (state.link ?? null) === data.key ? null : { type: 'chat.link', data },
  ),
  'chat.dissolve': (_entry, state) => (state.dissolved ? null : { type: 'chat.dissolve', data: {} }),
};
