import type { Department, DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import { departmentsOf } from '../../../shared/features/directory/tree.ts';
import { compareNames, matchesName, matchesPerson, nameRank } from '../../i18n/index.ts';
import type { Choice } from './ChoiceDialog.svelte';
import { membersOf } from './members.ts';
import { pathName } from './outline.ts';
import { t } from './strings.ts';

/** Stands for the top of the tree among departments: no id is empty. */
export const theTop = '';

/** Post and department, as far as there are any. */
export const aboutPerson = (directory: DirectoryState, member: Member): string =>
  [member.post, pathName(directory, departmentsOf(member)[0] ?? null)]
    .filter((each) => each !== '')
    .join(' · ');

/** People who are here, found by everything people are found by. */
export const findPeople =
  (directory: DirectoryState, fits: (member: Member) => boolean) =>
  (text: string): Choice[] =>
    membersOf(directory)
      .here.filter((member) => fits(member) && matchesPerson(text, member))
      .sort((a, b) => nameRank(text, a.name) - nameRank(text, b.name))
      .map((member) => ({
        ...{ id: member.id, label: member.name, detail: aboutPerson(directory, member), isPerson: true },
      }));

/** Departments by name or path; with `top` the company itself comes first. */
export function findDepartments(
  directory: DirectoryState,
  fits: (department: Department) => boolean,
  top: boolean,
): (text: string) => Choice[] {
  const all = Object.values(directory.departments ?? {})
    .filter(fits)
    .map((each) => ({
      ...{ id: each.id as string, label: each.name, isPerson: false },
      detail: each.parent === null ? '' : pathName(directory, each.parent),
    }))
    .sort((a, b) => compareNames(`${a.detail}/${a.label}`, `${b.detail}/${b.label}`));
  const company = { id: theTop, label: directory.name || t.company, detail: '', isPerson: false };
  return (text) =>
    [...(top ? [company] : []), ...all]
      .filter(({ label, detail }) => matchesName(text, label, [detail]))
      .sort((a, b) => nameRank(text, a.label) - nameRank(text, b.label));
}
