import type { DepartmentId, MemberId } from '../../base/ids.ts';
import { departmentOf, departmentsOf, isWithin, memberOf, pathUp } from './schema.ts';
import type { Department, DirectoryState, Field, Member } from './schema.ts';

export { departmentOf, departmentsOf, isWithin, memberOf, pathUp };

/* What rules, fold and pages ask of the tree of departments and the chain of superiors. Nothing recurses: any depth. */

export const isActive = (member: Member | undefined): member is Member =>
  member !== undefined && member.leftAt === null;

/**
 * Somebody by an id that was typed or sent. A page knows people whom its directory does not list: they are found so, and
 * not by `memberOf`.
 */
export const personOf = (state: DirectoryState, id: string): Member | undefined =>
  id in Object.prototype ? undefined : state.members[id as MemberId];

/** Whether somebody would stand above themselves with this superior. */
export function wouldCircle(state: DirectoryState, member: MemberId, superior: MemberId | null): boolean {
  const seen = new Set<MemberId>();
  for (let id: MemberId | null = superior; id !== null && !seen.has(id);) {
    if (id === member) return true;
    seen.add(id);
    id = memberOf(state, id)?.superior ?? null;
  }
  return false;
}

/** Whether somebody was made administrator of this department or of one above it. */
export function administers(
  state: DirectoryState,
  member: MemberId,
  department: DepartmentId | null,
): boolean {
  for (const { admins } of pathUp(state, department)) if (admins.includes(member)) return true;
  return false;
}

const byOrder = (a: { order: number; id: string }, b: { order: number; id: string }): number =>
  a.order - b.order || (a.id < b.id ? -1 : 1);

/** Departments by the one above them, in order; those whose parent is not there stand at the top. */
export function childrenByParent(
  state: DirectoryState,
): ReadonlyMap<DepartmentId | null, readonly Department[]> {
  const found = new Map<DepartmentId | null, Department[]>();
  for (const each of Object.values(state.departments ?? {})) {
    const parent = each.parent !== null && departmentOf(state, each.parent) ? each.parent : null;
    const siblings = found.get(parent);
    if (siblings) siblings.push(each);
    else found.set(parent, [each]);
  }
  for (const siblings of found.values()) siblings.sort(byOrder);
  return found;
}

/** Who is in a department, with `below` also in one under it; without those who left. */
export function peopleIn(state: DirectoryState, department: DepartmentId, below: boolean): Member[] {
  const known = new Map<DepartmentId, boolean>();
  const counts = (id: DepartmentId): boolean => {
    if (!below) return id === department;
    let is = known.get(id);
    if (is === undefined) known.set(id, (is = isWithin(state, id, department)));
    return is;
  };
  return Object.values(state.members).filter(
    (member) => isActive(member) && departmentsOf(member).some(counts),
  );
}

export const fieldsInOrder = (state: DirectoryState): readonly Field[] =>
  Object.values(state.fields ?? {}).sort(byOrder);
