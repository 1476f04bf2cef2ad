import type { DepartmentId, FieldId, MemberId } from '../../base/ids.ts';
import type { Department, DirectoryState, Field, Member, Staged } from './schema.ts';

/** The tables of a directory: each has thousands of lines at most companies that need one. */
interface Tables {
  members: Record<MemberId, Member>;
  departments: Record<DepartmentId, Department>;
  fields: Record<FieldId, Field>;
  staged: Record<MemberId, Staged>;
}

/** Tables that a draft has copied already: it may change those in place. */
const copied = new WeakMap<DirectoryState, Set<keyof Tables>>();

/** A table of the draft to change in place; copied once for each fold, and only when something changes it. */
export function own<Name extends keyof Tables>(draft: DirectoryState, name: Name): Tables[Name] {
  let names = copied.get(draft);
  if (!names) copied.set(draft, (names = new Set()));
  if (!names.has(name)) {
    (draft as unknown as Tables)[name] = { ...(draft as Partial<Tables>)[name] } as Tables[Name];
    names.add(name);
  }
  return (draft as unknown as Tables)[name];
}

export function changeMember(draft: DirectoryState, id: MemberId, fields: Partial<Member>): void {
  const member = Object.hasOwn(draft.members, id) ? draft.members[id] : undefined;
  if (member) own(draft, 'members')[id] = { ...member, ...fields };
}

export function changeDepartment(draft: DirectoryState, id: DepartmentId, fields: Partial<Department>): void {
  const department = draft.departments?.[id];
  if (department) own(draft, 'departments')[id] = { ...department, ...fields };
}
