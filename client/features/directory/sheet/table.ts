import type { DirectoryState } from '../../../../shared/features/directory/schema.ts';
import { departmentOf, departmentsOf, fieldsInOrder } from '../../../../shared/features/directory/tree.ts';
import { membersOf, roleName } from '../members.ts';
import { pathName, superiorOf } from '../outline.ts';
import { t } from '../pages/strings.ts';

/** The head of the table that an import understands. */
export const columnTitles = (directory: DirectoryState): string[] => [
  ...[t.colName, t.colEmail, t.colPhone, t.colPost, t.colDepartments, t.colSuperior],
  ...fieldsInOrder(directory).map(({ name }) => name),
];

/** Everybody who is here, as a table that can be imported again. */
export function directoryTable(directory: DirectoryState): string[][] {
  const fields = fieldsInOrder(directory);
  const rows = membersOf(directory).here.map((member) => {
    const superior = superiorOf(directory, member);
    return [
      ...[member.name, member.email, member.phone, member.post],
      departmentsOf(member)
        .filter((id) => departmentOf(directory, id))
        .map((id) => pathName(directory, id).replaceAll(' / ', '/'))
        .join('; '),
      superior ? superior.email || superior.name : '',
      ...fields.map(({ id }) => member.fields?.[id] ?? ''),
      roleName(member.role),
      member.joinedAt === null ? t.stateWaiting : t.stateHere,
    ];
  });
  return [[...columnTitles(directory), t.colRole, t.colState], ...rows];
}
