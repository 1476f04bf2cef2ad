import { expect, test } from 'vitest';
import { guessColumns } from '../../../client/features/customers/exchange/columns.ts';
import { importRows, type WithDouble } from '../../../client/features/customers/exchange/import-rows.ts';
import { alike } from '../../../client/features/customers/exchange/likeness.ts';
import { asDay, planRows, type PlannedRow } from '../../../client/features/customers/exchange/plan.ts';
import type { WorkspaceId } from '../../../shared/base/ids.ts';
import { settingsKind } from '../../../shared/features/customers/settings.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { csvFile } from '../../../client/ui/csv.ts';
import { readCsv } from '../../../client/ui/sheet/csv-in.ts';

const settings: SettingsState = {
  ...settingsKind.initial,
  tagGroups: { g: { id: 'g', name: 'Kind', place: 1, tags: [{ id: 'vip', name: 'VIP' }] } },
  stages: [
    { id: 'new', name: 'New', kind: 'open' },
    { id: 'won', name: '成交', kind: 'won' },
  ],
  fields: {
    size: { id: 'size', name: 'Size', type: 'choice', choices: ['S', 'L'], place: 1 },
    born: { id: 'born', name: '生日', type: 'date', place: 2 },
    sum: { id: 'sum', name: 'Budget', type: 'number', place: 3 },
  },
};
const here = [{ id: 'c1', name: 'Ann', phone: '+86 138 0000 1111', mail: 'ann@x.org', company: 'Nanhe' }];
const plan = (rows: string[][]): PlannedRow[] => {
  const columns = guessColumns(rows[0]!, settings);
  return [...planRows(rows, { settings, columns, here })].flat();
};

test('columns are told by their titles in both languages, each once', () => {
  const head = ['客户姓名', '手机号', 'E-Mail', 'Company Name', '生日', 'Tags', '阶段', 'Phone', 'Shoe'];
  expect(guessColumns(head, settings)).toEqual([
    ...['name', 'phone', 'mail', 'company', 'field:born', 'tags', 'stage', 'none', 'none'],
  ]);
});

test.each([
  ['2024-03-09', '2024-03-09'],
  ['2024/3/9 10:00', '2024-03-09'],
  ['2024年3月9日', '2024-03-09'],
  ['2024-02-30', null],
  ['9.3.', null],
])('the day %s is %s', (text, day) => expect(asDay(text)).toBe(day));

test('a row is read as a whole, and one with a mistake says which and is no customer', () => {
  const rows = plan([
    ['Name', 'Phone', 'Mail', 'Size', '生日', 'Budget', 'Tags', 'Stage', 'Remark'],
    ['Mia', '139 2222', 'mia@x.org', 'L', '2024/1/2', '1,200', 'vip', '成交', 'hi'],
    ['Zoe', 'none', 'at home', 'XL', 'soon', 'much', 'VIP; gold', 'half', ''],
    ['', '', '', '', '', '', '', '', ''],
    ['', '', '', '', '', '', '', '', 'only a remark'],
    ['x'.repeat(501)],
  ]);
  expect(rows.map(({ row }) => row)).toEqual([2, 3, 5, 6]);
  expect(rows[0]).toMatchObject({
    values: { name: 'Mia', phone: '139 2222', mail: 'mia@x.org', size: 'L', born: '2024-01-02', sum: '1200' },
    tags: ['vip'],
    stage: 'won',
    problems: [],
  });
  const codes = rows.map(({ problems }) => problems.map(({ code }) => code));
  expect(codes.slice(1)).toEqual([
    [
      ...['not-a-phone', 'not-a-mail', 'not-a-choice', 'not-a-date', 'not-a-number'],
      ...['unknown-tag', 'unknown-stage'],
    ],
    ['no-name'],
    ['too-long'],
  ]);
});

test('who is here already is found by number, mail address, and name with company, also within the table', () => {
  const rows = plan([
    ['Name', 'Phone', 'Mail', 'Company'],
    ['A', '13800001111', '', ''],
    ['B', '', 'ANN@x.org ', ''],
    ['ann', '', '', 'nan he'],
    ['C', '400-555', 'c@x.org', ''],
    ['D', '400555', '', ''],
    ['Ann', '', '', 'Other'],
  ]);
  expect(rows.map(({ double }) => double && [double.why, double.customer ?? double.row])).toEqual([
    ...[['phone', 'c1'], ['mail', 'c1'], ['name', 'c1'], null, ['phone', 5], null],
  ]);
});

async function imported(rows: PlannedRow[], wish: WithDouble, stopAfter = Infinity) {
  const sent: { room: string; type: string; data: unknown }[] = [];
  const controller = new AbortController();
  const counts = await importRows(
    {
      workspace: 'w' as WorkspaceId,
      sendEach(commands) {
        sent.push(...commands);
        return Promise.resolve();
      },
    },
    {
      rows,
      withDouble: () => wish,
      signal: controller.signal,
      progress: (done) => void (done >= stopAfter && controller.abort()),
    },
  );
  return { sent, counts };
}

test('rows that are here already are left out, added, or say more of who is here', async () => {
  const rows = plan([
    ['Name', 'Phone', 'Source'],
    ['A', '13800001111', 'fair'],
    ['B', '400555', 'fair'],
    ['C', '400555', ''],
  ]);
  const skip = await imported(rows, 'skip');
  expect(skip.counts).toEqual({ added: 1, merged: 0, skipped: 2 });
  const merge = await imported(rows, 'merge');
  expect(merge.sent.map(({ type }) => type)).toEqual(['customer.fill', 'customer.create', 'customer.fill']);
  expect(merge.sent[0]).toMatchObject({ room: 'w/customer/c1', data: { values: { phone: '13800001111' } } });
  expect(merge.sent[2]!.room).toBe(merge.sent[1]!.room);
  expect((await imported(rows, 'add')).counts).toEqual({ added: 3, merged: 0, skipped: 0 });
});

test('ten thousand rows go piece by piece and stop where somebody stops them, between two rows', async () => {
  const table = [['Name', 'Phone'], ...Array.from({ length: 10_000 }, (_, n) => [`P${n}`, `1390000${n}`])];
  const { sent, counts } = await imported(plan(table), 'skip', 1_000);
  expect(counts).toEqual({ added: 1_000, merged: 0, skipped: 0 });
  expect(sent).toHaveLength(1_000);
});

test('what an export says like a formula is text in it, and the same when it comes back', () => {
  const names = ['=1+1', '+86', '-x', '@sum', '\t=2', '＝3'];
  const file = csvFile([['Name'], ...names.map((name) => [name])]);
  for (const line of file.trim().split('\r\n').slice(1)) expect(line).toMatch(/^"?'/);
  expect(readCsv(file, 100).slice(1).flat()).toEqual(names.map((name) => name.trim()));
});

test('customers who look like one are grouped, through one another', () => {
  const of = (name: string, phone: string, mail: string) => ({ name, phone, mail, company: '' });
  const all = [of('A', '12345', ''), of('B', '', 'b@x'), of('C', '12345', 'b@x'), of('D', '1', '')];
  const groups = alike(all, (each) => each);
  expect(groups).toHaveLength(1);
  expect(groups[0]!.all.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
  expect([...groups[0]!.why].sort()).toEqual(['mail', 'phone']);
});

test('of whom somebody said that they are not one stand together only by another one', () => {
  const of = (name: string, phone: string, mail = '') => ({ name, phone, mail, company: '' });
  const groupsOf = (all: ReturnType<typeof of>[], differ: string[]) =>
    alike(
      all,
      (each) => each,
      (a, b) => differ.includes(a.name + b.name) || differ.includes(b.name + a.name),
    ).map((group) => [group.all, group.pair].map((some) => some.map(({ name }) => name).join('')));
  const [a, b, c, d] = [of('A', '12345'), of('B', '12345'), of('C', '12345'), of('D', '12345')];
  expect(groupsOf([a, b], ['AB'])).toEqual([]);
  expect(groupsOf([a, b, c], ['AB'])).toEqual([['ABC', 'AC']]);
  expect(groupsOf([a, b, c], ['BC'])).toEqual([['ABC', 'AB']]);
  expect(groupsOf([a, b, c], ['CA', 'CB'])).toEqual([['AB', 'AB']]);
  expect(groupsOf([a, b, c, d], ['AB', 'AC', 'AD'])).toEqual([['BCD', 'BC']]);
  expect(groupsOf([a, b, c, d], ['AB', 'AC', 'BD', 'CD'])).toEqual([
    ['AD', 'AD'],
    ['BC', 'BC'],
  ]);
  expect(groupsOf([a, b, of('E', '', 'e@x'), of('F', '', 'e@x')], ['AB'])).toEqual([['EF', 'EF']]);
});
