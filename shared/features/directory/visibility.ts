import { isAdmin } from '../../access/actor.ts';
import type { DepartmentId, MemberId } from '../../base/ids.ts';
import type { Department, DirectoryState, Member } from './schema.ts';
import { departmentOf, departmentsOf, memberOf, pathUp } from './tree.ts';

/*
 * A department may be shown to some alone. It is then not there for others, with all below it and with everybody who is
 * in such departments only. What somebody may not see is told by a key: the hidden departments that are closed to them.
 * From the first hidden department on entries are for administrators alone, also when all are shown again: they say what
 * was where before.
 */

interface Hidden {
  readonly id: DepartmentId;
  /** The departments whose people see it: its own, those below, and the chosen ones. */
  readonly open: ReadonlySet<DepartmentId>;
  /** Who was chosen, and who leads or administers it, something below or something above. */
  readonly people: ReadonlySet<MemberId>;
}

type Departments = NonNullable<DirectoryState['departments']>;

/** These departments and all below them, found with one look at each department. */
function downFrom(departments: Departments, roots: Iterable<DepartmentId>): Set<DepartmentId> {
  const state = { name: '', members: {}, departments };
  const is = new Map<DepartmentId, boolean>([...roots].map((id) => [id, true]));
  for (const { id } of Object.values(departments)) {
    const passed: DepartmentId[] = [];
    let found = false;
    for (const each of pathUp(state, id)) {
      const known = is.get(each.id);
      if (known === undefined) passed.push(each.id);
      else found = known;
      if (known !== undefined) break;
    }
    for (const each of passed) is.set(each, found);
  }
  return new Set([...is].flatMap(([id, isBelow]) => (isBelow && Object.hasOwn(departments, id) ? [id] : [])));
}

const known = new WeakMap<Departments, readonly Hidden[]>();

/** Departments change less often than people: asked of each state of them once. */
function hiddenIn({ departments = {} }: DirectoryState): readonly Hidden[] {
  const before = known.get(departments);
  if (before) return before;
  const state = { name: '', members: {}, departments };
  const all = Object.values(departments);
  const hidden = all.flatMap(({ id, shownTo }): Hidden[] => {
    if (!shownTo) return [];
    const above = [...pathUp(state, id)].flatMap(({ admins }) => admins);
    const own = downFrom(departments, [id]);
    const below = all.flatMap(({ id: each, lead, admins }) =>
      own.has(each) ? [...admins, ...(lead === null ? [] : [lead])] : [],
    );
    const open = downFrom(departments, [id, ...shownTo.departments]);
    return [{ id, open, people: new Set([...shownTo.members, ...above, ...below]) }];
  });
  known.set(departments, hidden);
  return hidden;
}

export const isHidden = (state: DirectoryState, id: DepartmentId): boolean =>
  [...pathUp(state, id)].some(({ shownTo }) => shownTo !== undefined);

const isShownTo = ({ open, people }: Hidden, member: Member): boolean =>
  people.has(member.id) || departmentsOf(member).some((id) => open.has(id));

/** What somebody may see, as a key; empty for whoever may know everything. */
export function keyOf(state: DirectoryState, id: MemberId): string {
  // What somebody was given is what they may see.
  if (!state.guarded || state.partial) return '';
  const member = memberOf(state, id);
  if (member && isAdmin({ member: id, role: member.role, active: true })) return '';
  const closed = hiddenIn(state).filter((each) => !member || !isShownTo(each, member));
  const ids = closed.map((each) => each.id).sort();
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

/** What others see of a person, so that it is the same object as long as the person is. */
const lessened = new WeakMap<Member, Map<string, Member>>();

function lessOf(member: Member, departments: readonly DepartmentId[], superior: MemberId | null): Member {
  let known = lessened.get(member);
  if (!known) lessened.set(member, (known = new Map()));
  const key = `${departments.join()} ${superior ?? ''}`;
  let less = known.get(key);
  if (!less) known.set(key, (less = { ...member, departments, superior }));
  return less;
}

/** The directory without these departments, what is below them and who is nowhere else; what stays is the same object. */
function without(state: DirectoryState, roots: readonly DepartmentId[]): Shown {
  const { members: _m, departments: _d, staged: _s, early: _e, ...rest } = state;
  const closed = downFrom(state.departments ?? {}, roots);
  const unseen = new Set<MemberId>();
  for (const member of Object.values(state.members)) {
    let isClosed = false;
    let isOpen = false;
    for (const id of departmentsOf(member))
      if (closed.has(id)) isClosed = true;
      else isOpen ||= departmentOf(state, id) !== undefined;
    if (isClosed && !isOpen) unseen.add(member.id);
  }
  const members: DirectoryState['members'] = {};
  for (const member of Object.values(state.members)) {
    if (unseen.has(member.id)) continue;
    const departments = departmentsOf(member);
    const superior = member.superior ?? null;
    const isUnder = superior !== null && unseen.has(superior);
    members[member.id] =
      isUnder || departments.some((id) => closed.has(id))
        ? lessOf(
            member,
            departments.filter((id) => !closed.has(id)),
            isUnder ? null : superior,
          )
        : member;
  }
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
  const departments: Departments = {};
  for (const each of Object.values(state.departments ?? {}))
    if (!closed.has(each.id)) departments[each.id] = seenDepartment(each);
  return { unseen, state: { ...rest, members, departments, partial: true } };
}

/** The directory as whoever has this key may see it. */
export const shownTo = (state: DirectoryState, key: string): DirectoryState => shownBy(state, key).state;

/** The people who are not there for whoever has this key. */
export const unseenWith = (state: DirectoryState, key: string): ReadonlySet<MemberId> =>
  shownBy(state, key).unseen;

/** Whether somebody may see this person in the directory. */
export const maySee = (state: DirectoryState, member: MemberId, other: MemberId): boolean =>
  !unseenWith(state, keyOf(state, member)).has(other);
