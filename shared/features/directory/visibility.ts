import { isAdmin } from '../../access/actor.ts';
import type { DepartmentId, MemberId } from '../../base/ids.ts';
import type { Department, DirectoryState, Member } from './schema.ts';
import { childrenByParent, departmentOf, departmentsOf, memberOf, pathUp } from './tree.ts';

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
const noDepartments: Departments = {};

const children = new WeakMap<Departments, ReadonlyMap<DepartmentId | null, readonly Department[]>>();

function childrenIn(departments: Departments): ReadonlyMap<DepartmentId | null, readonly Department[]> {
  let found = children.get(departments);
  if (!found) children.set(departments, (found = childrenByParent({ name: '', members: {}, departments })));
  return found;
}

/** These departments, as far as there are any, and all below them. */
function downFrom(departments: Departments, roots: Iterable<DepartmentId>): Set<DepartmentId> {
  const below = childrenIn(departments);
  const found = new Set([...roots].filter((id) => Object.hasOwn(departments, id)));
  // What is added meanwhile is gone through, too.
  for (const id of found) for (const each of below.get(id) ?? []) found.add(each.id);
  return found;
}

const known = new WeakMap<Departments, readonly Hidden[]>();

/** Departments change less often than people: asked of each state of them once. */
function hiddenIn({ departments = noDepartments }: DirectoryState): readonly Hidden[] {
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

/** Keys in one state of the departments: people of the same departments have the same, but for those who were chosen. */
interface Keys {
  readonly chosen: ReadonlySet<MemberId>;
  readonly byDepartments: Map<string, string>;
}
const keys = new WeakMap<Departments, Keys>();

function keysIn(state: DirectoryState): Keys {
  const departments = state.departments ?? noDepartments;
  let found = keys.get(departments);
  if (!found) {
    const chosen = new Set(hiddenIn(state).flatMap(({ people }) => [...people]));
    keys.set(departments, (found = { chosen, byDepartments: new Map() }));
  }
  return found;
}

function keyFor(state: DirectoryState, member: Member | undefined): string {
  const closed = hiddenIn(state).filter((each) => !member || !isShownTo(each, member));
  const ids = closed.map((each) => each.id).sort();
  return `without ${ids.join(',')}`;
}

/** What somebody may see, as a key; empty for whoever may know everything. Asked at every request, and of all at once. */
export function keyOf(state: DirectoryState, id: MemberId): string {
  // What somebody was given is what they may see.
  if (!state.guarded || state.partial) return '';
  const member = memberOf(state, id);
  if (member && isAdmin({ member: id, role: member.role, active: true })) return '';
  const { chosen, byDepartments } = keysIn(state);
  if (!member || chosen.has(id)) return keyFor(state, member);
  const ids = departmentsOf(member);
  const where = ids.length === 1 ? ids[0]! : ids.join();
  let key = byDepartments.get(where);
  if (key === undefined) byDepartments.set(where, (key = keyFor(state, member)));
  return key;
}

const closedBy = (key: string): DepartmentId[] =>
  key.slice('without '.length).split(',').filter(Boolean) as DepartmentId[];

interface Shown {
  readonly state: DirectoryState;
  readonly unseen: ReadonlySet<MemberId>;
}

type Members = DirectoryState['members'];

/** What somebody is shown of these people. */
interface Part {
  readonly of: Members;
  readonly closed: ReadonlySet<DepartmentId>;
  readonly unseen: ReadonlySet<MemberId>;
  readonly departments: Departments;
  /** Those who are seen, once somebody asks for all of them: a change is told without. */
  seen: Members | null;
}

/** What is closed under a key, and the last people for whom that was worked out. */
interface View {
  readonly closed: ReadonlySet<DepartmentId>;
  last: Part | null;
}

/** Views that are kept of one state of the departments: what somebody writes in their card is then one line for each. */
const mostViews = 256;
const views = new WeakMap<Departments, Map<string, View>>();

function viewOf({ departments = noDepartments }: DirectoryState, key: string): View {
  let byKey = views.get(departments);
  if (!byKey) views.set(departments, (byKey = new Map()));
  let view = byKey.get(key);
  if (view) return view;
  if (byKey.size >= mostViews) byKey.clear();
  view = { closed: downFrom(departments, closedBy(key)), last: null };
  byKey.set(key, view);
  return view;
}

const made = new WeakMap<DirectoryState, Map<string, Shown>>();

function shownBy(state: DirectoryState, key: string): Shown {
  if (key === '') return { state, unseen: new Set() };
  let byKey = made.get(state);
  if (!byKey) made.set(state, (byKey = new Map()));
  let shown = byKey.get(key);
  if (!shown) byKey.set(key, (shown = without(state, key)));
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

/** Whether somebody is in closed departments and nowhere else. */
function isUnseen(state: DirectoryState, closed: ReadonlySet<DepartmentId>, member: Member): boolean {
  let isClosed = false;
  for (const id of departmentsOf(member))
    if (closed.has(id)) isClosed = true;
    else if (departmentOf(state, id)) return false;
  return isClosed;
}

function seenMember(
  member: Member,
  closed: ReadonlySet<DepartmentId>,
  unseen: ReadonlySet<MemberId>,
): Member {
  const departments = departmentsOf(member);
  const superior = member.superior ?? null;
  const isUnder = superior !== null && unseen.has(superior);
  if (!isUnder && !departments.some((id) => closed.has(id))) return member;
  const open = departments.filter((id) => !closed.has(id));
  return lessOf(member, open, isUnder ? null : superior);
}

function seenDepartment(department: Department, unseen: ReadonlySet<MemberId>): Department {
  const { lead, admins, shownTo } = department;
  if (!shownTo && !(lead && unseen.has(lead)) && !admins.some((each) => unseen.has(each))) return department;
  return {
    ...department,
    lead: lead && unseen.has(lead) ? null : lead,
    admins: admins.filter((each) => !unseen.has(each)),
    // That it is hidden may be known to whoever sees it; who else sees it is not theirs to know.
    ...(shownTo ? { shownTo: { departments: [], members: [] } } : {}),
  };
}

function seenIn({ of, closed, unseen }: Part, id: MemberId): Member | undefined {
  const member = Object.hasOwn(of, id) && !unseen.has(id) ? of[id] : undefined;
  return member && seenMember(member, closed, unseen);
}

function allSeen(part: Part): Members {
  if (part.seen) return part.seen;
  const members: Members = {};
  for (const id of Object.keys(part.of) as MemberId[]) {
    const member = seenIn(part, id);
    if (member) members[id] = member;
  }
  return (part.seen = members);
}

/** Who is another than in `from`; null when somebody is not there any more. */
interface Step {
  readonly from: Members;
  readonly ids: readonly MemberId[] | null;
}

/** How people became what they are. */
const steps = new WeakMap<Members, Step>();

function noteStep(to: Members, step: Step): Step {
  steps.set(to, step);
  // Only the last one: else each would hold all before it.
  steps.delete(step.from);
  return step;
}

/** Changes of more people than this are worked out from the beginning. */
const mostChanged = 200;

/** Who is different, looked for once for all views; null when that is to be worked out from the beginning. */
function changedSince(from: Members, to: Members): readonly MemberId[] | null {
  if (from === to) return [];
  let step = steps.get(to);
  if (step?.from !== from) {
    const all = Object.keys(to) as MemberId[];
    const ids = all.filter((id) => from[id] !== to[id]);
    const stayed = all.length - ids.filter((id) => !Object.hasOwn(from, id)).length;
    step = noteStep(to, { from, ids: stayed === Object.keys(from).length ? ids : null });
  }
  return step.ids && step.ids.length <= mostChanged ? step.ids : null;
}

/** Who is in which department, and who reports to whom. */
interface Places {
  readonly inDepartment: Map<DepartmentId, readonly MemberId[]>;
  readonly under: Map<MemberId, readonly MemberId[]>;
}
const places = new WeakMap<Members, Places>();

function placesOf(members: Members): Places {
  const [inDepartment, under] = [new Map<DepartmentId, MemberId[]>(), new Map<MemberId, MemberId[]>()];
  const add = <Key>(lists: Map<Key, MemberId[]>, key: Key, id: MemberId): void => {
    const list = lists.get(key);
    if (list) list.push(id);
    else lists.set(key, [id]);
  };
  for (const member of Object.values(members)) {
    for (const department of departmentsOf(member)) add(inDepartment, department, member.id);
    if (member.superior) add(under, member.superior, member.id);
  }
  return { inDepartment, under };
}

const superiorsOf = (member: Member | undefined): readonly MemberId[] =>
  member?.superior ? [member.superior] : [];

function placesAfter(before: Places, from: Members, to: Members, ids: readonly MemberId[]): Places {
  const inDepartment = new Map(before.inDepartment);
  const under = new Map(before.under);
  const move = <Key>(
    lists: Map<Key, readonly MemberId[]>,
    id: MemberId,
    was: readonly Key[],
    is: readonly Key[],
  ) => {
    for (const key of was)
      if (!is.includes(key))
        lists.set(
          key,
          lists.get(key)!.filter((each) => each !== id),
        );
    for (const key of is) if (!was.includes(key)) lists.set(key, [...(lists.get(key) ?? []), id]);
  };
  for (const id of ids) {
    const [was, is] = [from[id], to[id]];
    move(inDepartment, id, was ? departmentsOf(was) : [], is ? departmentsOf(is) : []);
    move(under, id, superiorsOf(was), superiorsOf(is));
  }
  return { inDepartment, under };
}

/** `near`: people of a moment ago, from whom it is a short way. */
function placesIn(members: Members, near?: Members): Places {
  const known = places.get(members);
  if (known) return known;
  const before = near && places.get(near);
  const ids = before ? changedSince(near, members) : null;
  const found = before && ids ? placesAfter(before, near, members, ids) : placesOf(members);
  places.set(members, found);
  return found;
}

/** All without what is closed and who is nowhere else; what stays is the same object. */
function partOf(state: DirectoryState, { closed, last }: View): Part {
  const { inDepartment } = placesIn(state.members, last?.of);
  const unseen = new Set<MemberId>();
  for (const department of closed)
    for (const id of inDepartment.get(department) ?? [])
      if (isUnseen(state, closed, state.members[id]!)) unseen.add(id);
  const departments: Departments = {};
  for (const each of Object.values(state.departments ?? {}))
    if (!closed.has(each.id)) departments[each.id] = seenDepartment(each, unseen);
  return { of: state.members, closed, unseen, departments, seen: null };
}

/** The same, from what was worked out before of the same departments; null where who is seen differs. */
function partAfter(state: DirectoryState, { closed, last }: View): Part | null {
  const ids = last && changedSince(last.of, state.members);
  if (!ids) return null;
  if (ids.some((id) => isUnseen(state, closed, state.members[id]!) !== last.unseen.has(id))) return null;
  placesIn(state.members, last.of);
  return { ...last, of: state.members, seen: null };
}

const parts = new WeakMap<DirectoryState, Part>();

function without(state: DirectoryState, key: string): Shown {
  const { members: of, departments: _d, staged: _s, early: _e, ...rest } = state;
  const view = viewOf(state, key);
  const last = view.last?.of === of ? view.last : partAfter(state, view);
  const part = (view.last = last ?? partOf(state, view));
  const { unseen, departments } = part;
  const shown: DirectoryState = {
    ...rest,
    get members() {
      return allSeen(part);
    },
    departments,
    partial: true,
  };
  parts.set(shown, part);
  return { unseen, state: shown };
}

export interface MemberChange {
  readonly id: MemberId;
  readonly from: Member | undefined;
  readonly to: Member | undefined;
}

/** What is in one of them alone. */
function* inOne<Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>): Generator<Item> {
  for (const each of a) if (!b.has(each)) yield each;
  for (const each of b) if (!a.has(each)) yield each;
}

/** Whose card says something else where who is seen, or which departments there are, is different. */
function* touched(from: Part, to: Part): Generator<MemberId> {
  const both = [placesIn(from.of), placesIn(to.of, from.of)];
  const seen = ({ departments }: Part) => new Set(Object.keys(departments) as DepartmentId[]);
  for (const department of [...inOne(from.closed, to.closed), ...inOne(seen(from), seen(to))])
    for (const { inDepartment } of both) yield* inDepartment.get(department) ?? [];
  for (const superior of inOne(from.unseen, to.unseen))
    for (const { under } of both) yield* under.get(superior) ?? [];
}

/** Also of whoever sees everything. */
const partShown = (state: DirectoryState): Part =>
  parts.get(state) ?? {
    of: state.members,
    closed: new Set(),
    unseen: new Set(),
    departments: state.departments ?? noDepartments,
    seen: state.members,
  };

/** The people who may be different in two states as somebody is shown them; null where that is not known. */
export function mayDiffer(before: DirectoryState, after: DirectoryState): readonly MemberChange[] | null {
  const [from, to] = [partShown(before), partShown(after)];
  const changed = changedSince(from.of, to.of);
  if (!changed) return null;
  // Whoever goes on from a part has its people who are not seen.
  const ids = from.unseen === to.unseen ? changed : new Set([...changed, ...touched(from, to)]);
  return [...ids].map((id) => ({ id, from: seenIn(from, id), to: seenIn(to, id) }));
}

/** The directory as whoever has this key may see it. */
export const shownTo = (state: DirectoryState, key: string): DirectoryState => shownBy(state, key).state;

/** The people who are not there for whoever has this key. */
export const unseenWith = (state: DirectoryState, key: string): ReadonlySet<MemberId> =>
  shownBy(state, key).unseen;

/** Whether somebody may see this person in the directory. */
export function maySee(state: DirectoryState, member: MemberId, other: MemberId): boolean {
  const key = keyOf(state, member);
  const found = memberOf(state, other);
  return key === '' || !found || !isUnseen(state, viewOf(state, key).closed, found);
}

const photos = new WeakMap<Members, ReadonlyMap<string, readonly MemberId[]>>();

function withPhoto({ members }: DirectoryState, photo: string): readonly MemberId[] {
  let known = photos.get(members);
  if (!known) {
    const found = new Map<string, MemberId[]>();
    for (const { id, photo: each } of Object.values(members))
      if (each) found.set(each, [...(found.get(each) ?? []), id]);
    photos.set(members, (known = found));
  }
  return known.get(photo) ?? [];
}

/** Whether this is the photo of anybody whom the member may see. */
export const maySeePhoto = (state: DirectoryState, member: MemberId, photo: string): boolean =>
  withPhoto(state, photo).some((id) => maySee(state, member, id));

/** Whether anybody shows this photo. */
export const isSomebodys = (state: DirectoryState, photo: string): boolean =>
  withPhoto(state, photo).length > 0;

/** Whether this department is there for somebody. */
export function maySeeDepartment(state: DirectoryState, member: MemberId, id: DepartmentId): boolean {
  const key = keyOf(state, member);
  return key === '' || !viewOf(state, key).closed.has(id);
}
