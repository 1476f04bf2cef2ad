import { beforeEach, expect, test } from 'vitest';
import type { MemberId } from '../../../shared/base/ids.ts';
import type { DirectoryState, Member } from '../../../shared/features/directory/schema.ts';
import { membersOf, messagePath } from '../../../client/features/directory/members.ts';
import { language, matchesPerson, nameInitials, nameRank } from '../../../client/i18n/index.ts';

const member = (id: string, name: string, fields: Partial<Member> = {}): Member => ({
  id: id as MemberId,
  name,
  email: `${id}@example.com`,
  post: '',
  phone: '',
  about: '',
  role: 'member',
  joinedAt: 1,
  leftAt: null,
  ...fields,
});
const directory = (...members: Member[]): DirectoryState => ({
  name: 'x',
  members: Object.fromEntries(members.map((one) => [one.id, one])) as DirectoryState['members'],
});
const names = (members: readonly Member[]): string[] => members.map(({ name }) => name);

beforeEach(() => {
  language.current = 'zh';
});

test('Chinese names sort by pinyin, people who left stand apart with the last one first', () => {
  const { here, left } = membersOf(
    directory(
      member('1', '张伟'),
      member('2', '李明'),
      member('3', '陈静'),
      member('4', 'Tom', { leftAt: 5 }),
      member('5', 'Ann', { leftAt: 9 }),
    ),
  );
  expect(names(here)).toEqual(['陈静', '李明', '张伟']);
  expect(names(left)).toEqual(['Ann', 'Tom']);
});

test.each([
  ['李', true],
  ['lm', true],
  ['产品', true],
  ['LI.MING', true],
  ['13800138000', true],
  ['138-0013', true],
  ['李 产品', true],
  ['liming', true],
  ['li.ming@exa', true],
  ['exa', false],
  ['zw', false],
  ['财务', false],
])('a search for %s', (query, expected) => {
  const person = member('2', '李明', {
    post: '产品经理',
    phone: '+86 138 0013 8000',
    email: 'li.ming@example.com',
  });
  expect(matchesPerson(query, person)).toBe(expected);
});

test.each([
  ['张伟', 'zhangwei', true],
  ['张伟', 'zhang wei', true],
  ['张伟', 'zhangw', true],
  ['张伟', 'zwei', true],
  ['张伟', 'wei', true],
  ['张伟', 'hangwei', false],
  ['张伟', 'zhangweii', false],
  ['曾国强', 'zengguoqiang', true],
  ['曾国强', 'cgq', true],
  ['曾国强', 'zgq', true],
  ['单雄信', 'shanxx', true],
  ['吕绿', 'lvlv', true],
  ['吕绿', 'lü', true],
  ['欧阳娜娜', 'ouyangnana', true],
  ['Ann Lee', 'al', true],
])('%s and the sound %s', (name, query, expected) => {
  expect(matchesPerson(query, member('1', name, { email: '' }))).toBe(expected);
});

test('initials take a letter of each Chinese character and of each word', () => {
  expect(nameInitials('李明')).toBe('lm');
  expect(nameInitials('欧阳娜娜')).toBe('oynn');
  expect(nameInitials('Ann-Marie Lee')).toBe('aml');
});

test('both people of a pair come to the same conversation', () => {
  const [a, b] = ['a', 'b'] as MemberId[];
  expect(messagePath(a!, b!)).toBe(messagePath(b!, a!));
});

test('whose name begins like the search comes first, then whose name contains it', () => {
  const found = ['Ines Carvalho', '林慧', 'Lh', '黄海涛'].sort(
    (a, b) => nameRank('lh', a) - nameRank('lh', b),
  );
  expect(found).toEqual(['林慧', 'Lh', 'Ines Carvalho', '黄海涛']);
});
