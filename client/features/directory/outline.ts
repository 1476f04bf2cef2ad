import type { DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import type { Department, DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import {
  childrenByParent,
  departmentOf,
  departmentsOf,
  pathUp,
} from '../../../shared/features/directory/tree.ts';
import { isHidden } from '../../../shared/features/directory/visibility.ts';
import { formatList } from '../../i18n/index.ts';
import { membersOf } from './members.ts';
import { t } from './strings.ts';

/** The directory as lists show it. Null stands for the company: the top of the tree, people without a department. */
export interface Outline {
  readonly departments: ReadonlyMap<DepartmentId | null, readonly Department[]>;
  /** Who is in a department itself, by name. */
  readonly people: ReadonlyMap<DepartmentId | null, readonly Member[]>;
  /** How many people are in it or below; everybody counts once. */
  readonly counts: ReadonlyMap<DepartmentId, number>;
}

const made = new WeakMap<readonly Member[], { of: DirectoryState['departments']; outline: Outline }>();

const add = <Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void => {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
};

/** Made once for each state of people and departments, whoever asks. */
export function outlineOf(directory: DirectoryState): Outline {
  const { here } = membersOf(directory);
  const known = made.get(here);
  if (known && known.of === directory.departments) return known.outline;
  const people = new Map<DepartmentId | null, Member[]>();
  const counts = new Map<DepartmentId, number>();
  const above = new Map<DepartmentId, readonly DepartmentId[]>();
  for (const { id } of Object.values(directory.departments ?? {}))
    above.set(
      id,
      [...pathUp(directory, id)].map((each) => each.id),
    );
  for (const member of here) {
    const ids = departmentsOf(member).filter((id) => departmentOf(directory, id));
    if (ids.length === 0) add(people, null, member);
    for (const id of ids) add(people, id, member);
    for (const id of new Set(ids.flatMap((each) => above.get(each) ?? [])))
      counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const outline = { departments: childrenByParent(directory), people, counts };
  made.set(here, { of: directory.departments, outline });
  return outline;
}

export type Row =
  | {
      readonly kind: 'department';
      readonly department: Department;
      readonly level: number;
      readonly open: boolean;
    }
  | {
      readonly kind: 'person';
      readonly member: Member;
      readonly level: number;
      readonly within: DepartmentId | null;
    };

/** Somebody in two departments stands in both. */
export const keyOf = (row: Row): string =>
  row.kind === 'department' ? `in/${row.department.id}` : `${row.within ?? ''}/${row.member.id}`;

const person =
  (level: number, within: DepartmentId | null) =>
  (member: Member): Row => ({ kind: 'person', member, level, within });

/** The tree as one list: what is open is followed by its departments, then its people. */
export function treeRows(outline: Outline, open: ReadonlySet<DepartmentId>): Row[] {
  const rows: Row[] = [];
  // What is still to come, the next one last: a tree may be deeper than calls may.
  const waiting: Row[] = [];
  const put = (within: DepartmentId | null, level: number): void => {
    const people = (outline.people.get(within) ?? []).map(person(level, within));
    const below = (outline.departments.get(within) ?? []).map((department): Row => ({
      kind: 'department',
      department,
      level,
      open: open.has(department.id),
    }));
    for (const row of [...below, ...people].reverse()) waiting.push(row);
  };
  put(null, 0);
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    rows.push(row);
    if (row.kind === 'department' && row.open) put(row.department.id, row.level + 1);
  }
  return rows;
}

/** One department's contents, for a screen with room for one level. */
export const levelRows = (outline: Outline, within: DepartmentId | null): Row[] => [
  ...(outline.departments.get(within) ?? []).map((department): Row => ({
    kind: 'department',
    department,
    level: 0,
    open: false,
  })),
  ...(outline.people.get(within) ?? []).map(person(0, within)),
];

/** `Sales / North`, from the top down. */
export const pathName = (directory: DirectoryState, department: DepartmentId | null): string =>
  [...pathUp(directory, department)]
    .map(({ name }) => name)
    .reverse()
    .join(' / ');

/** Who sees a department, in words; who else it was chosen for is told to administrators alone. */
export function visibleTo(directory: DirectoryState, { id, shownTo }: Department): string {
  if (!isHidden(directory, id)) return t.everybody;
  if (directory.partial || !shownTo) return t.notEverybody;
  const names = [
    ...shownTo.departments.map((each) => departmentOf(directory, each)?.name ?? ''),
    ...shownTo.members.map((each) => directory.members[each]?.name ?? ''),
  ].filter((name) => name !== '');
  return names.length === 0 ? t.onlyOwn : t.ownAnd({ names: formatList(names) });
}

/** People by who stands above them; a superior who left is passed over. Null: nobody does. */
export function reportsOf(directory: DirectoryState): ReadonlyMap<MemberId | null, readonly Member[]> {
  const reports = new Map<MemberId | null, Member[]>();
  for (const member of membersOf(directory).here)
    add(reports, superiorOf(directory, member)?.id ?? null, member);
  return reports;
}

/** Who stands above somebody, the nearest first; those who left are passed over. */
export function* chainOf(directory: DirectoryState, member: Member): Generator<Member> {
  const seen = new Set<MemberId>([member.id]);
  for (let id = member.superior ?? null; id !== null && !seen.has(id);) {
    seen.add(id);
    const above: Member | undefined = directory.members[id];
    if (!above) return;
    if (above.leftAt === null) yield above;
    id = above.superior ?? null;
  }
}

/** Who stands above somebody now. */
export const superiorOf = (directory: DirectoryState, member: Member): Member | null =>
  chainOf(directory, member).next().value ?? null;
