import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, roles, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import { revokingRule, type CommandRule } from '../../access/kind.ts';
import type { DepartmentId, MemberId } from '../../base/ids.ts';
import { mayManageDepartment } from './departments.ts';
import { changeDepartment, changeMember, own } from './draft.ts';
import { judgeValues, withValues } from './fields.ts';
import {
  memberEdit,
  memberJoined,
  memberPlace,
  memberRef,
  memberRole,
  most,
  profileChange,
  type DirectoryState,
  type Member,
  type MemberPlace,
} from './schema.ts';
import { administers, departmentOf, departmentsOf, isActive, memberOf, wouldCircle } from './tree.ts';
import { maySee, maySeeDepartment } from './visibility.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<DirectoryState, DirectoryState, z.infer<Schema>>;

const nobody = refuse('member-not-found', 'no such member');

const owners = (state: DirectoryState): Member[] =>
  Object.values(state.members).filter((member) => member.role === 'owner' && member.leftAt === null);

/** An administrator manages members; only an owner manages owners and administrators; one owner must remain. */
function mayManage(actor: Actor, target: MemberId, state: DirectoryState, leavesOwner: boolean): Decision {
  const member = memberOf(state, target);
  if (!isActive(member) || !maySee(state, actor.member, target)) return nobody;
  if (!isAdmin(actor)) return refuse('forbidden', 'only administrators manage members');
  if (member.role !== 'member' && actor.role !== 'owner')
    return refuse('forbidden', 'only an owner manages owners and administrators');
  if (leavesOwner && member.role === 'owner' && owners(state).length === 1)
    return refuse('last-owner', 'the workspace needs an owner');
  return allow;
}

/** Somebody's main department for the actor: one that is hidden from them is not there, here as on their device. */
const mainFor = (actor: Actor, state: DirectoryState, member: Member): DepartmentId | undefined =>
  departmentsOf(member).find((id) => maySeeDepartment(state, actor.member, id));

/**
 * Whether somebody keeps this person's card: administrators everybody's, administrators of a department those of the
 * members whose main department, as far as they may see it, lies in theirs.
 */
export function mayEditCard(actor: Actor, state: DirectoryState, target: MemberId): Decision {
  const member = memberOf(state, target);
  if (!isActive(member) || !maySee(state, actor.member, target)) return nobody;
  if (isAdmin(actor)) return allow;
  const main = mainFor(actor, state, member);
  return member.role === 'member' && main !== undefined && administers(state, actor.member, main)
    ? allow
    : refuse('forbidden', 'only administrators of the main department do this');
}

const profile: Rule<typeof profileChange> = {
  schema: profileChange,
  may: (_actor, { fields }, { state }) => judgeValues(state, fields, 'self'),
};
const setRole: Rule<typeof memberRole> = {
  schema: memberRole,
  may(actor, data, { state }) {
    if (data.role !== 'member' && actor.role !== 'owner')
      return refuse('forbidden', 'only an owner appoints owners and administrators');
    return mayManage(actor, data.member, state, data.role !== 'owner');
  },
  isDone: (_actor, { member, role }, { state }) => memberOf(state, member)?.role === role,
};
const remove: Rule<typeof memberRef> = {
  schema: memberRef,
  may: (actor, { member }, { state }) => mayManage(actor, member, state, true),
};
const edit: Rule<typeof memberEdit> = {
  schema: memberEdit,
  may(actor, { member: id, email, superior, fields }, { state }) {
    const card = mayEditCard(actor, state, id);
    if (!card.ok) return card;
    const member = memberOf(state, id)!;
    if (email !== undefined && email !== member.email) {
      if (member.joinedAt !== null) return refuse('forbidden', 'the address is that of the account');
      if (email !== '' && addresses(state).has(email.toLowerCase()))
        return refuse('email-taken', 'somebody has this e-mail address');
    }
    if (superior && !(isActive(memberOf(state, superior)) && maySee(state, actor.member, superior)))
      return nobody;
    if (superior && wouldCircle(state, id, superior))
      return refuse('would-circle', 'nobody stands above themselves');
    return judgeValues(state, fields, 'admin');
  },
};
const place: Rule<typeof memberPlace> = {
  schema: memberPlace,
  may(actor, data, { state }) {
    const joining = [...(data.join ?? []), ...(data.main === undefined ? [] : [data.main])];
    for (const department of joining)
      if (!departmentOf(state, department)) return refuse('department-not-found', 'no such department');
    for (const id of data.members) {
      const member = memberOf(state, id);
      // Nor does anybody take people out of where they are hidden by placing them.
      if (!isActive(member) || !maySee(state, actor.member, id)) return nobody;
      if (placed(member, data, () => true).length > most.departmentsOfOne)
        return refuse('too-large', `at most ${most.departmentsOfOne} departments for each`);
      const main = mainFor(actor, state, member);
      if (data.main !== undefined && main !== undefined && !isAdmin(actor)) {
        const leaving = mayManageDepartment(actor, state, main);
        if (!leaving.ok) return leaving;
      }
    }
    // A department that was deleted meanwhile has nobody in it any more.
    const touched = [...joining, ...(data.leave ?? []).filter((id) => departmentOf(state, id))];
    return touched.map((id) => mayManageDepartment(actor, state, id)).find((each) => !each.ok) ?? allow;
  },
};

export const peopleCommands = {
  'member.profile': profile,
  'member.role': setRole,
  'member.remove': remove,
  'member.edit': edit,
  'member.place': place,
};

/** The addresses of everybody who has not left, in small letters. */
export const addresses = (state: DirectoryState): Map<string, MemberId> =>
  new Map(
    Object.values(state.members)
      .filter((member) => member.leftAt === null && member.email !== '')
      .map(({ email, id }) => [email.toLowerCase(), id]),
  );

function placed(
  member: Member,
  { join = [], leave = [], main }: Omit<MemberPlace, 'members'>,
  exists: (id: DepartmentId) => boolean,
): DepartmentId[] {
  const staying = departmentsOf(member).filter((id) => !leave.includes(id));
  const all = [...(main === undefined ? [] : [main]), ...staying, ...join];
  return [...new Set(all.filter(exists))];
}

export const peopleEntries = {
  // Also for somebody who was in the directory before: by an import, or a colleague who comes back.
  'member.join': entryRule(memberJoined, (draft: DirectoryState, data, entry) => {
    const { member: id, name, email, role } = data;
    const before = memberOf(draft, id);
    const said = { id, name, email, role, joinedAt: entry.at, leftAt: null };
    own(draft, 'members')[id] = { post: '', phone: '', about: '', ...before, ...said };
  }),
  'member.profile': entryRule(profileChange, (draft: DirectoryState, { fields, ...data }, entry) => {
    const member = memberOf(draft, entry.by);
    if (member) changeMember(draft, entry.by, { ...data, ...withValues(member, fields) });
  }),
  'member.role': entryRule(memberRole, (draft: DirectoryState, { member, role }) =>
    changeMember(draft, member, { role }),
  ),
  'member.remove': entryRule(memberRef, (draft: DirectoryState, { member }, entry) => {
    changeMember(draft, member, { leftAt: entry.at });
    // Who comes back does not find rights that nobody gave them again.
    for (const { id, admins } of Object.values(draft.departments ?? {}))
      if (admins.includes(member))
        changeDepartment(draft, id, { admins: admins.filter((each) => each !== member) });
  }),
  'member.edit': entryRule(memberEdit, (draft: DirectoryState, data) => {
    const { member: id, fields, superior, email, ...rest } = data;
    const member = memberOf(draft, id);
    if (!member) return;
    changeMember(draft, id, {
      ...rest,
      ...(email === undefined || member.joinedAt !== null ? {} : { email }),
      ...(superior === undefined || wouldCircle(draft, id, superior) ? {} : { superior }),
      ...withValues(member, fields),
    });
  }),
  'member.place': entryRule(memberPlace, (draft: DirectoryState, { members, ...data }) => {
    for (const id of members) {
      const member = memberOf(draft, id);
      if (!member) continue;
      const departments = placed(member, data, (each) => departmentOf(draft, each) !== undefined);
      changeMember(draft, id, { departments });
    }
  }),
};

export const peopleRevoking = {
  'member.role': revokingRule<DirectoryState, z.infer<typeof memberRole>>(memberRole, (data, state) => {
    const now = memberOf(state, data.member)?.role ?? data.role;
    return roles.indexOf(now) < roles.indexOf(data.role) ? { type: 'member.role', data } : null;
  }),
  'member.remove': revokingRule<DirectoryState, z.infer<typeof memberRef>>(memberRef, (data, state) =>
    isActive(memberOf(state, data.member)) ? { type: 'member.remove', data } : null,
  ),
};
