import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, roles, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import { revokingRule, type CommandRule, type LogEntry, type LogKind } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import {
  memberJoined,
  memberRef,
  memberRole,
  profileChange,
  workspaceName,
  type DirectoryState,
  type Member,
} from './schema.ts';

type Rule<Data> = CommandRule<DirectoryState, DirectoryState, Data>;

const initial: DirectoryState = { name: '', members: {} };

const change = (draft: DirectoryState, id: MemberId, fields: Partial<Member>): void => {
  const member = draft.members[id];
  if (member) draft.members[id] = { ...member, ...fields };
};

const fold = makeFold<DirectoryState>((state) => ({ ...state, members: { ...state.members } }), {
  'workspace.rename': entryRule(workspaceName, (draft, { name }) => {
    draft.name = name;
  }),
  'member.join': entryRule(memberJoined, (draft, data, entry: LogEntry) => {
    draft.members[data.member] = {
      id: data.member,
      name: data.name,
      email: data.email,
      role: data.role,
      post: '',
      phone: '',
      about: '',
      joinedAt: entry.at,
      leftAt: null,
    };
  }),
  'member.profile': entryRule(profileChange, (draft, data, entry) => change(draft, entry.by, data)),
  'member.role': entryRule(memberRole, (draft, { member, role }) => change(draft, member, { role })),
  'member.remove': entryRule(memberRef, (draft, { member }, entry) =>
    change(draft, member, { leftAt: entry.at }),
  ),
});

const owners = (state: DirectoryState): Member[] =>
  Object.values(state.members).filter((member) => member.role === 'owner' && member.leftAt === null);

/** An administrator manages members; only an owner manages owners and administrators; one owner must remain. */
function mayManage(actor: Actor, target: MemberId, state: DirectoryState, leavesOwner: boolean): Decision {
  const member = state.members[target];
  if (!member || member.leftAt !== null) return refuse('member-not-found', 'no such member');
  if (!isAdmin(actor)) return refuse('forbidden', 'only administrators manage members');
  if (member.role !== 'member' && actor.role !== 'owner')
    return refuse('forbidden', 'only an owner manages owners and administrators');
  if (leavesOwner && member.role === 'owner' && owners(state).length === 1)
    return refuse('last-owner', 'the workspace needs an owner');
  return allow;
}

const rename: Rule<z.infer<typeof workspaceName>> = {
  schema: workspaceName,
  may: (actor) => (isAdmin(actor) ? allow : refuse('forbidden', 'only administrators rename the workspace')),
  isDone: (_actor, { name }, { state }) => state.name === name,
};
const profile: Rule<z.infer<typeof profileChange>> = {
  schema: profileChange,
  may: () => allow,
};
const setRole: Rule<z.infer<typeof memberRole>> = {
  schema: memberRole,
  may(actor, data, { state }) {
    if (data.role !== 'member' && actor.role !== 'owner')
      return refuse('forbidden', 'only an owner appoints owners and administrators');
    return mayManage(actor, data.member, state, data.role !== 'owner');
  },
  isDone: (_actor, { member, role }, { state }) => state.members[member]?.role === role,
};
const remove: Rule<z.infer<typeof memberRef>> = {
  schema: memberRef,
  may: (actor, { member }, { state }) => mayManage(actor, member, state, true),
};

/** The company's people. `member.join` is a fact: the relay appends it when somebody accepted an invitation. */
export const directoryKind: LogKind<DirectoryState> = {
  class: 'log',
  kind: 'directory',
  part: null,
  governedBy: null,
  initial,
  fold,
  exists: () => true,
  readers: () => 'everyone',
  commands: {
    'workspace.rename': rename,
    'member.profile': profile,
    'member.role': setRole,
    'member.remove': remove,
  },
  facts: {
    'member.join': memberJoined,
    'workspace.rename': workspaceName,
    'member.role': memberRole,
    'member.remove': memberRef,
  },
  accessEntries: new Set(['member.join', 'member.role', 'member.remove']),
  revoking: {
    'member.role': revokingRule<DirectoryState, z.infer<typeof memberRole>>(
      memberRole,
      (data, { members }) => {
        const now = members[data.member]?.role ?? data.role;
        return roles.indexOf(now) < roles.indexOf(data.role) ? { type: 'member.role', data } : null;
      },
    ),
    'member.remove': revokingRule<DirectoryState, z.infer<typeof memberRef>>(
      memberRef,
      (data, { members }) => (members[data.member]?.leftAt === null ? { type: 'member.remove', data } : null),
    ),
  },
  noteworthy: new Set(),
};

/** There is one directory in a workspace. */
export const directoryRoomId = 'main';
