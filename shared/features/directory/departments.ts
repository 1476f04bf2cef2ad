import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import { revokingRule, type CommandRule } from '../../access/kind.ts';
import type { DepartmentId } from '../../base/ids.ts';
import { changeDepartment, changeMember, own } from './draft.ts';
import {
  departmentAdmin,
  departmentChange,
  departmentCreate,
  departmentDelete,
  departmentMove,
  departmentShow,
  most,
  type Department,
  type DirectoryState,
  type Member,
} from './schema.ts';
import { maySee, maySeeDepartment } from './visibility.ts';
import { administers, departmentOf, departmentsOf, isActive, isWithin, memberOf } from './tree.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<DirectoryState, DirectoryState, z.infer<Schema>>;

const unknown = refuse('department-not-found', 'no such department');

/** One that is hidden from somebody is not there for them, here as on their device. */
const isThere = ({ member }: Actor, state: DirectoryState, id: DepartmentId): boolean =>
  departmentOf(state, id) !== undefined && maySeeDepartment(state, member, id);

/** An administrator manages the whole tree, a department's administrator what lies from that department downwards. */
export function mayManageDepartment(
  actor: Actor,
  state: DirectoryState,
  department: DepartmentId | null,
): Decision {
  if (department !== null && !isThere(actor, state, department)) return unknown;
  if (isAdmin(actor) || (department !== null && administers(state, actor.member, department))) return allow;
  return refuse('forbidden', 'only administrators of a department manage it');
}

const isEmpty = (state: DirectoryState, id: DepartmentId): boolean =>
  !Object.values(state.departments ?? {}).some(({ parent }) => parent === id) &&
  !Object.values(state.members).some((member) => isActive(member) && departmentsOf(member).includes(id));

const create: Rule<typeof departmentCreate> = {
  schema: departmentCreate,
  may(actor, { department, parent }, { state }) {
    if (departmentOf(state, department)) return refuse('already-exists', 'the department exists');
    if (Object.keys(state.departments ?? {}).length >= most.departments)
      return refuse('too-large', `at most ${most.departments} departments`);
    return mayManageDepartment(actor, state, parent);
  },
};
const change: Rule<typeof departmentChange> = {
  schema: departmentChange,
  may(actor, { department, lead }, { state, isActiveMember }) {
    if (lead && !(isActiveMember(lead) && maySee(state, actor.member, lead)))
      return refuse('member-not-found', 'no such member');
    return mayManageDepartment(actor, state, department);
  },
  isDone(_actor, { department, name, lead }, { state }) {
    const now = departmentOf(state, department);
    return (name === undefined || now?.name === name) && (lead === undefined || now?.lead === lead);
  },
};
const move: Rule<typeof departmentMove> = {
  schema: departmentMove,
  may(actor, { department, parent }, { state }) {
    const from = departmentOf(state, department);
    if (!from || !isThere(actor, state, department)) return unknown;
    // Whoever manages a department alone does not decide where it stands.
    const out = mayManageDepartment(actor, state, from.parent);
    if (!out.ok) return out;
    const into = mayManageDepartment(actor, state, parent);
    if (!into.ok) return into;
    return isWithin(state, parent, department)
      ? refuse('would-circle', 'a department cannot lie under itself')
      : allow;
  },
  isDone(_actor, { department, parent, order }, { state }) {
    const now = departmentOf(state, department);
    return now?.parent === parent && now.order === order;
  },
};
const remove: Rule<typeof departmentDelete> = {
  schema: departmentDelete,
  may(actor, { department, moveUp }, { state }) {
    const now = departmentOf(state, department);
    // Somebody was first: both wanted the same. Of one that is not there for them nobody learns more by this.
    if (!now || !isThere(actor, state, department)) return allow;
    if (!moveUp && !isEmpty(state, department))
      return refuse('department-not-empty', 'people or departments are in it');
    return mayManageDepartment(actor, state, now.parent);
  },
  isDone: (actor, { department }, { state }) => !isThere(actor, state, department),
};
const appoint: Rule<typeof departmentAdmin> = {
  schema: departmentAdmin,
  may(actor, { department, member, admin }, { state, isActiveMember }) {
    if (!isAdmin(actor)) return refuse('forbidden', 'only administrators appoint others');
    if (!departmentOf(state, department)) return unknown;
    return !admin || isActiveMember(member) ? allow : refuse('member-not-found', 'no such member');
  },
  isDone: (_actor, { department, member, admin }, { state }) =>
    departmentOf(state, department)?.admins.includes(member) === admin,
};

const isShownSo = (now: Department['shownTo'], said: z.infer<typeof departmentShow>['shownTo']): boolean =>
  JSON.stringify(now ?? null) === JSON.stringify(said);

const show: Rule<typeof departmentShow> = {
  schema: departmentShow,
  may(actor, { department, shownTo }, { state, isActiveMember }) {
    // Whoever decides who sees it has to see all who could.
    if (!isAdmin(actor)) return refuse('forbidden', 'only administrators hide departments');
    const now = departmentOf(state, department);
    if (!now || shownTo?.departments.some((each) => !departmentOf(state, each))) return unknown;
    if (shownTo?.members.some((each) => !isActiveMember(each)))
      return refuse('member-not-found', 'no such member');
    const hidden = Object.values(state.departments ?? {}).filter((each) => each.shownTo).length;
    return shownTo && !now.shownTo && hidden >= most.hidden
      ? refuse('too-large', `at most ${most.hidden} hidden departments`)
      : allow;
  },
  isDone: (_actor, { department, shownTo }, { state }) =>
    isShownSo(departmentOf(state, department)?.shownTo, shownTo),
};

export const departmentCommands = {
  'department.create': create,
  'department.change': change,
  'department.move': move,
  'department.delete': remove,
  'department.admin': appoint,
  'department.show': show,
};

/** A member's departments without this one; `instead` stands in its place, unless they are in it already. */
const without = (member: Member, gone: DepartmentId, instead: DepartmentId | null): Partial<Member> => {
  const ids = departmentsOf(member).map((id) => (id === gone ? instead : id));
  return { departments: [...new Set(ids.filter((id) => id !== null))] };
};

const shownAs = (department: Department, shownTo: Department['shownTo'] | null): Department => {
  const { shownTo: _before, ...rest } = department;
  return shownTo ? { ...rest, shownTo } : rest;
};

export const departmentEntries = {
  'department.create': entryRule(departmentCreate, (draft: DirectoryState, data) => {
    const { department: id, name, parent, order } = data;
    if (departmentOf(draft, id)) return;
    const above = parent !== null && departmentOf(draft, parent) ? parent : null;
    const made: Department = { id, name, parent: above, order, lead: null, admins: [] };
    own(draft, 'departments')[id] = shownAs(made, draft.early?.[id] ?? null);
  }),
  'department.change': entryRule(departmentChange, (draft: DirectoryState, { department, name, lead }) => {
    changeDepartment(draft, department, {
      ...(name === undefined ? {} : { name }),
      ...(lead === undefined ? {} : { lead }),
    });
  }),
  // After a restore entries may come in another order than they were judged in: none of them makes a circle.
  'department.move': entryRule(departmentMove, (draft: DirectoryState, { department, parent, order }) => {
    if (parent !== null && (!departmentOf(draft, parent) || isWithin(draft, parent, department))) return;
    changeDepartment(draft, department, { parent, order });
  }),
  'department.delete': entryRule(departmentDelete, (draft: DirectoryState, { department }) => {
    const gone = departmentOf(draft, department);
    if (!gone) return;
    delete own(draft, 'departments')[department];
    for (const each of Object.values(draft.departments ?? {}))
      if (each.parent === department) changeDepartment(draft, each.id, { parent: gone.parent });
    for (const member of Object.values(draft.members))
      if (departmentsOf(member).includes(department))
        changeMember(draft, member.id, without(member, department, gone.parent));
  }),
  'department.show': entryRule(departmentShow, (draft: DirectoryState, { department, shownTo }) => {
    if (shownTo) draft.guarded = true;
    const now = departmentOf(draft, department);
    if (now) own(draft, 'departments')[department] = shownAs(now, shownTo);
    else draft.early = { ...draft.early, [department]: shownTo };
  }),
  'department.admin': entryRule(departmentAdmin, (draft: DirectoryState, { department, member, admin }) => {
    const now = departmentOf(draft, department);
    if (!now || (admin && !memberOf(draft, member))) return;
    const others = now.admins.filter((each) => each !== member);
    changeDepartment(draft, department, { admins: admin ? [...others, member] : others });
  }),
};

/** An administrator of a department who was dismissed stays dismissed after a restore, and what was hidden stays hidden. */
export const departmentRevoking = {
  'department.admin': revokingRule<DirectoryState, z.infer<typeof departmentAdmin>>(
    departmentAdmin,
    (data, state) =>
      !data.admin && departmentOf(state, data.department)?.admins.includes(data.member)
        ? { type: 'department.admin', data }
        : null,
  ),
  'department.show': revokingRule<DirectoryState, z.infer<typeof departmentShow>>(
    departmentShow,
    (data, state) => {
      const now = departmentOf(state, data.department);
      const shown = (now ? now.shownTo : state.early?.[data.department]) ?? undefined;
      return data.shownTo && !isShownSo(shown, data.shownTo) ? { type: 'department.show', data } : null;
    },
  ),
};
