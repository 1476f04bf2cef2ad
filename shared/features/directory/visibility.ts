import { isAdmin } from '../../access/actor.ts';
import type { DepartmentId, MemberId } from '../../base/ids.ts';
import type { Department, DirectoryState, Member } from './schema.ts';
import { departmentOf, departmentsOf, isWithin, memberOf, pathUp } from './tree.ts';

/*
 * A department may be shown to some alone. It is then not there for others, with all below it and with everybody who is
 * in such departments only. What somebody may not see is told by a key: the hidden departments that are closed to them.
 * From the first hidden department on entries are for administrators alone, also when all are shown again: they say what
 * was where before.
 */

interface Hidden {
  readonly department: Department;
  /** Who leads or administers it, something below or something above. */
  readonly keepers: ReadonlySet<MemberId>;
}

const known = new WeakMap<DirectoryState, readonly Hidden[]>();

/** States never change, so this is asked of each of them once. */
function hiddenIn(state: DirectoryState): readonly Hidden[] {
  const before = known.get(state);
  if (before) return before;
  const all = Object.values(state.departments ?? {});
  const hidden = all
    .filter(({ shownTo }) => shownTo)
    .map((department): Hidden => {
      const above = [...pathUp(state, department.id)].flatMap(({ admins }) => admins);
      const below = all
        .filter(({ lead, admins }) => lead !== null || admins.length > 0)
        .filter(({ id }) => isWithin(state, id, department.id))
        .flatMap(({ lead, admins }) => (lead === null ? admins : [lead, ...admins]));
      return { department, keepers: new Set([...above, ...below]) };
    });
  known.set(state, hidden);
  return hidden;
}

export const isHidden = (state: DirectoryState, id: DepartmentId): boolean =>
  [...pathUp(state, id)].some(({ shownTo }) => shownTo !== undefined);

function isShownTo(state: DirectoryState, { department, keepers }: Hidden, member: Member): boolean {
  const { id, shownTo } = department;
  if (keepers.has(member.id) || shownTo?.members.includes(member.id)) return true;
  const open = [id, ...(shownTo?.departments ?? [])];
  return departmentsOf(member).some((own) => open.some((each) => isWithin(state, own, each)));
}

/** What somebody may see, as a key; empty for whoever may know everything. */
export function keyOf(state: DirectoryState, id: MemberId): string {
  // What somebody was given is what they may see.
  if (!state.guarded || state.partial) return '';
  const member = memberOf(state, id);
  if (member && isAdmin({ member: id, role: member.role, active: true })) return '';
  const closed = hiddenIn(state).filter((each) => !member || !isShownTo(state, each, member));
  const ids = closed.map(({ department }) => department.id).sort();
  return `without ${ids.join(',')}`;
}

const closedBy = (key: string): DepartmentId[] =>
  key.slice('without '.length).split(',').filter(Boolean) as DepartmentId[];

interface Shown {
  readonly state: DirectoryState;
  readonly unseen: ReadonlySet<MemberId>;
}

const made = new WeakMap<DirectoryState, Map<string, Shown>>();

function shownBy(state: DirectoryState, key: string): Shown {
  if (key === '') return { state, unseen: new Set() };
  let byKey = made.get(state);
  if (!byKey) made.set(state, (byKey = new Map()));
  let shown = byKey.get(key);
  if (!shown) byKey.set(key, (shown = without(state, closedBy(key))));
  return shown;
}

/** The directory without these departments, what is below them and who is nowhere else; what stays is the same object. */
function without(state: DirectoryState, roots: readonly DepartmentId[]): Shown {
  const { members: _m, departments: _d, staged: _s, early: _e, ...rest } = state;
  const closed = new Set(
    Object.values(state.departments ?? {})
      .filter(({ id }) => roots.some((root) => isWithin(state, id, root)))
      .map(({ id }) => id),
  );
  const unseen = new Set(
    Object.values(state.members)
      .filter((member) => {
        const departments = departmentsOf(member).filter((id) => departmentOf(state, id));
        return departments.length > 0 && departments.every((id) => closed.has(id));
      })
      .map(({ id }) => id),
  );
  const seenMember = (member: Member): Member => {
    const departments = departmentsOf(member);
    const hasLess = departments.some((id) => closed.has(id));
    const isUnder = member.superior && unseen.has(member.superior);
    if (!hasLess && !isUnder) return member;
    return {
      ...member,
      departments: departments.filter((id) => !closed.has(id)),
      ...(isUnder ? { superior: null } : {}),
    };
  };
  const seenDepartment = (department: Department): Department => {
    const { lead, admins, shownTo } = department;
    if (!shownTo && !(lead && unseen.has(lead)) && !admins.some((each) => unseen.has(each)))
      return department;
    return {
      ...department,
      lead: lead && unseen.has(lead) ? null : lead,
      admins: admins.filter((each) => !unseen.has(each)),
      // That it is hidden may be known to whoever sees it; who else sees it is not theirs to know.
      ...(shownTo ? { shownTo: { departments: [], members: [] } } : {}),
    };
  };
  const members = Object.values(state.members).filter(({ id }) => !unseen.has(id));
  const departments = Object.values(state.departments ?? {}).filter(({ id }) => !closed.has(id));
  return {
    unseen,
    state: {
      ...rest,
      members: Object.fromEntries(members.map((each) => [each.id, seenMember(each)])),
      departments: Object.fromEntries(departments.map((each) => [each.id, seenDepartment(each)])),
      partial: true,
    },
  };
}

/** The directory as whoever has this key may see it. */
export const shownTo = (state: DirectoryState, key: string): DirectoryState => shownBy(state, key).state;

/** The people who are not there for whoever has this key. */
export const unseenWith = (state: DirectoryState, key: string): ReadonlySet<MemberId> =>
  shownBy(state, key).unseen;

/** Whether somebody may see this person in the directory. */
export const maySee = (state: DirectoryState, member: MemberId, other: MemberId): boolean =>
  !unseenWith(state, keyOf(state, member)).has(other);
