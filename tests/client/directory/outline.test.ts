import { expect, test } from 'vitest';
import type { DepartmentId, MemberId } from '../../../shared/base/ids.ts';
import type { Department, DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import {
  keyOf,
  levelRows,
  outlineOf,
  pathName,
  reportsOf,
  superiorOf,
  treeRows,
} from '../../../client/features/directory/outline.ts';

const member = (id: string, departments: readonly string[], fields: Partial<Member> = {}): Member => ({
  ...{ id: id as MemberId, name: id, email: '', post: '', phone: '', about: '', role: 'member' },
  ...{ joinedAt: 1, leftAt: null, departments: departments as DepartmentId[] },
  ...fields,
});
const department = (id: string, parent: string | null, order = 1): Department => ({
  ...{ id: id as DepartmentId, name: id.toUpperCase(), parent: parent as DepartmentId | null },
  ...{ order, lead: null, admins: [] },
});
const directory = (members: readonly Member[], departments: readonly Department[]): DirectoryState => ({
  name: 'x',
  members: Object.fromEntries(members.map((each) => [each.id, each])) as DirectoryState['members'],
  departments: Object.fromEntries(departments.map((each) => [each.id, each])) as Record<
    DepartmentId,
    Department
  >,
});
const keys = (rows: ReturnType<typeof treeRows>): string[] => rows.map(keyOf);

const small = directory(
  [
    member('kim', ['a']),
    member('ada', []),
    member('ben', ['b', 'c']),
    member('old', ['a'], { leftAt: 4 }),
    member('eve', ['gone']),
  ],
  [department('c', null, 2), department('a', null, 1), department('b', 'a')],
);

test('everybody counts once in a department, whatever they are in below it; who left does not', () => {
  const { counts } = outlineOf(
    directory(
      [member('x', ['b', 'a']), member('y', ['b']), member('z', ['a'], { leftAt: 1 })],
      [department('a', null), department('b', 'a')],
    ),
  );
  expect(Object.fromEntries(counts)).toEqual({ a: 2, b: 2 });
});

test('the tree shows what is open: departments in order, then people; those without one at the end', () => {
  const outline = outlineOf(small);
  expect(keys(treeRows(outline, new Set()))).toEqual(['in/a', 'in/c', '/ada', '/eve']);
  const open = new Set(['a', 'b'] as DepartmentId[]);
  expect(treeRows(outline, open).map((row) => `${row.level} ${keyOf(row)}`)).toEqual([
    ...['0 in/a', '1 in/b', '2 b/ben', '1 a/kim', '0 in/c', '0 /ada', '0 /eve'],
  ]);
  expect(keys(levelRows(outline, 'a' as DepartmentId))).toEqual(['in/b', 'a/kim']);
});

test('a path is named from the top', () => {
  expect(pathName(small, 'b' as DepartmentId)).toBe('A / B');
  expect(pathName(small, null)).toBe('');
});

test('whoever left is passed over in the chain of superiors', () => {
  const chain = directory(
    [
      member('top', []),
      member('gone', [], { leftAt: 3, superior: 'top' as MemberId }),
      member('one', [], { superior: 'gone' as MemberId }),
    ],
    [],
  );
  expect(superiorOf(chain, chain.members['one' as MemberId]!)?.id).toBe('top');
  expect(
    reportsOf(chain)
      .get('top' as MemberId)
      ?.map(({ id }) => id),
  ).toEqual(['one']);
  expect(
    reportsOf(chain)
      .get(null)
      ?.map(({ id }) => id),
  ).toEqual(['top']);
});

test('10,000 people and a tree 1,000 deep are made into rows once, and again only when they change', () => {
  const departments = Array.from({ length: 1_000 }, (_, i) =>
    department(`d${i}`, i > 0 ? `d${i - 1}` : null),
  );
  const people = Array.from({ length: 10_000 }, (_, i) => member(`p${i}`, [`d${i % 10}`]));
  const large = directory(people, departments);
  const outline = outlineOf(large);
  expect(outlineOf({ ...large, name: 'renamed' })).toBe(outline);
  expect(outline.counts.get('d0' as DepartmentId)).toBe(10_000);
  const all = treeRows(outline, new Set(departments.map(({ id }) => id)));
  expect(all).toHaveLength(11_000);
  expect(new Set(keys(all)).size).toBe(11_000);
});
