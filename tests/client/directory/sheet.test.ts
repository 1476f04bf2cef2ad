import { strToU8, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { directoryKind } from '../../../shared/features/directory/kind.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import { decodeText, readCsv } from '../../../client/ui/sheet/csv-in.ts';
import { commandsOf, planImport, type Plan } from '../../../client/features/directory/sheet/plan.ts';
import { readTable } from '../../../client/ui/sheet/read.ts';
import { directoryTable } from '../../../client/features/directory/sheet/table.ts';
import { writeXlsx } from '../../../client/ui/sheet/xlsx-out.ts';
import { language } from '../../../client/i18n/index.ts';
import { csvFile } from '../../../client/ui/csv.ts';

const most = 20_002;
let seq = 0;
const fold = (state: DirectoryState, ...lines: [type: string, data: unknown][]): DirectoryState =>
  directoryKind.fold(
    state,
    lines.map(([type, data]) => ({
      ...{ seq: seq++, id: `c${seq}` as CommandId, type, by: 'ada' as MemberId, at: 5, data },
    })),
  );
const join = (member: string, name: string, email: string): [string, unknown] => [
  'member.join',
  { member, name, email, role: 'member' },
];
const company = fold(
  directoryKind.initial,
  ['workspace.rename', { name: 'Acme' }],
  join('ada', 'Ada', 'ada@x.org'),
  join('ben', 'Ben', 'ben@x.org'),
  ['department.create', { department: 's', name: 'Sales', parent: null, order: 1 }],
  ['department.create', { department: 'n', name: 'North', parent: 's', order: 1 }],
  ['member.edit', { member: 'ben', phone: '+86 138-0000-1111' }],
  ['field.define', { field: 'f1', name: 'Since', type: 'date', options: [], edit: 'admin', order: 1 }],
  [
    'field.define',
    { field: 'f2', name: 'Size', type: 'choice', options: ['S', 'M'], edit: 'self', order: 2 },
  ],
  ['field.define', { field: 'f3', name: 'Desk', type: 'number', options: [], edit: 'self', order: 3 }],
);
const plan = (rows: string[][]): Plan => {
  const made = planImport(rows, company);
  if (typeof made === 'string') throw new Error(made);
  return made;
};

describe('a table', () => {
  const rows = [
    ['Name', 'Phone', 'Note'],
    ['王芳', '013800138000', 'a "quoted", word'],
    ['=1+1', '', 'two\nlines'],
    ['', '', ''],
    ['<b>&amp;', "'x", ' \ttab'],
  ];
  const trimmed = rows.map((cells) => cells.map((cell) => cell.trim()));

  test('written as XLSX is read back as it was', () => {
    const read = readTable(writeXlsx('People/1', rows), most);
    expect(read?.map((cells) => [...cells, '', '', ''].slice(0, 3))).toEqual(trimmed);
  });

  test('written as CSV is read back as it was, without what guards formulas', () => {
    expect(readTable(new TextEncoder().encode(csvFile(rows)), most)).toEqual(trimmed);
  });

  test.each([
    [
      'a semicolon',
      'a;b\r\n"1;2";3\n',
      [
        ['a', 'b'],
        ['1;2', '3'],
      ],
    ],
    [
      'a tab',
      'a\tb\n1\t\n',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
    [
      'no last line end',
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['a quote that never ends', 'a,b\n"1,2\n', [['a', 'b'], ['1,2']]],
    [
      'an empty cell at the end of the file',
      'a,b\n1,',
      [
        ['a', 'b'],
        ['1', ''],
      ],
    ],
  ])('as CSV may have %s', (_what, text, expected) => {
    expect(readCsv(text, most)).toEqual(expected);
  });

  test('as CSV may be in the encodings that spreadsheet programs write', () => {
    const gb18030 = Uint8Array.of(0xd0, 0xd5, 0xc3, 0xfb);
    expect(decodeText(gb18030)).toBe('姓名');
    expect(decodeText(Uint8Array.of(0xff, 0xfe, 0xd3, 0x59, 0x0d, 0x54))).toBe('姓名');
    expect(decodeText(Uint8Array.of(0x41, 0, 0x42))).toBeNull();
  });

  test('as XLSX may come from any program: shared words, runs, days, gaps, prefixes', () => {
    const sheet = `<x:worksheet xmlns:x="m"><x:sheetData>
      <x:row r="2"><x:c r="B2" t="s"><x:v>0</x:v></x:c><x:c r="D2" s="1"><x:v>45363</x:v></x:c></x:row>
      <x:row r="4"><x:c r="A4"><x:v>1.3800138E10</x:v></x:c><x:c r="B4" t="str"><x:f>A1</x:f><x:v>a&amp;b</x:v></x:c>
      <x:c r="C4"/><x:c r="D4" s="0"><x:v>2.5</x:v></x:c></x:row></x:sheetData></x:worksheet>`;
    const files = {
      'xl/workbook.xml': '<workbook><sheets><sheet name="A" r:id="r9"/></sheets></workbook>',
      'xl/_rels/workbook.xml.rels':
        '<Relationships><Relationship Id="r9" Target="worksheets/other.xml"/></Relationships>',
      'xl/sharedStrings.xml':
        '<sst><si><r><t>王</t></r><r><t>芳</t></r><rPh sb="0"><t>wang</t></rPh></si></sst>',
      'xl/styles.xml':
        '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;x&quot;m"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>',
      'xl/worksheets/other.xml': sheet,
      'xl/worksheets/sheet1.xml': '<worksheet><sheetData><row><c><v>9</v></c></row></sheetData></worksheet>',
    };
    const bytes = zipSync(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [path, strToU8(text)])),
    );
    expect(readTable(bytes, most)).toEqual([
      [],
      ['', '王芳', '', '2024-03-12'],
      [],
      ['13800138000', 'a&b', '', '2.5'],
    ]);
  });

  test('that would be huge when it is unpacked is none, also where each of its sheets is not', () => {
    const sheet = strToU8('<worksheet><sheetData/></worksheet>');
    const names = ['sheet1', 'sheet2', 'sheet3'].map((name) => `xl/worksheets/${name}.xml`);
    const bytes = zipSync(Object.fromEntries(names.map((name) => [name, sheet])));
    const saying = (size: number): Uint8Array => {
      const copy = bytes.slice();
      const view = new DataView(copy.buffer);
      // Where the list of a zip says how large a file is.
      for (let at = 0; at + 28 < copy.length; at++)
        if (view.getUint32(at) === 0x504b0102) view.setUint32(at + 24, size, true);
      return copy;
    };
    expect(readTable(saying(sheet.length), most)).toEqual([]);
    expect(readTable(saying(60 * 1024 * 1024), most)).toBeNull();
  });
  test('that is no table is none, and ends soon', () => {
    expect(readTable(Uint8Array.of(0x50, 0x4b, 3, 4, 5, 6), most)).toBeNull();
    expect(readTable(zipSync({ 'a.txt': strToU8('x') }), most)).toBeNull();
    const far =
      '<worksheet><sheetData><row r="999999999"><c r="A1"><v>1</v></c></row></sheetData></worksheet>';
    expect(readTable(zipSync({ 'xl/worksheets/sheet1.xml': strToU8(far) }), 5)).toHaveLength(6);
    expect(readCsv('a\n'.repeat(100), 5)).toHaveLength(6);
  });
});

describe('a plan', () => {
  const head = ['姓名', 'E-Mail', '手机', 'Post', '部门', 'Superior', 'Since', 'Size', 'Desk'];

  test('finds people by address, number or name, makes departments, and says what changes', () => {
    const made = plan(
      [
        head,
        ['Ada', 'ADA@x.org', '', 'Boss', 'Acme/Sales；Lab/Deep', '', '2024/3/1', 'M', '4'],
        ['Benjamin', '', '8613800001111', '', 'Sales / North', 'ada@x.org'],
        ['New One', 'new@x.org', '', '', 'Lab', 'Two'],
        ['Two', '', '', '', '', 'Ben'],
        ['Ben', '', '', ''],
      ].slice(0, 5),
    );
    expect(made.errors).toEqual([]);
    expect(made.rows.map(({ result, person }) => [result, person.name])).toEqual([
      ...[
        ['changed', 'Ada'],
        ['changed', 'Benjamin'],
        ['new', 'New One'],
        ['new', 'Two'],
      ],
    ]);
    const [ada, ben, one, two] = made.rows.map(({ person }) => person);
    expect(made.departments.map(({ name }) => name)).toEqual(['Lab', 'Deep']);
    expect(made.departments[1]?.parent).toBe(made.departments[0]?.department);
    expect(ada).toMatchObject({ id: 'ada', post: 'Boss', fields: { f1: '2024-03-01', f2: 'M', f3: '4' } });
    expect(ada?.departments).toEqual(['s', made.departments[1]?.department]);
    expect(ben).toMatchObject({ id: 'ben', departments: ['n'], superior: 'ada' });
    expect(ben).not.toHaveProperty('post');
    expect(one).toMatchObject({ superior: two?.id });
    expect(two).toMatchObject({ superior: 'ben' });
  });

  test.each<[string, string[], string, string]>([
    ['no name', ['', 'a@x.org'], 'missingName', '姓名'],
    ['a long name', ['x'.repeat(61)], 'longName', '姓名'],
    ['a mail address that is none', ['A', 'a at x'], 'wrongEmail', 'E-Mail'],
    ['a long post', ['A', '', '', 'x'.repeat(61)], 'tooLong', 'Post'],
    ['a department without a name', ['A', '', '', '', 'Sales//North'], 'wrongPath', '部门'],
    ['a superior nobody knows', ['A', '', '', '', '', 'Zed'], 'unknownSuperior', 'Superior'],
    ['a superior that is the person', ['A', '', '', '', '', 'A'], 'superiorCircle', 'Superior'],
    ['a day that is none', ['A', '', '', '', '', '', '2024-02-30'], 'wrongDate', 'Since'],
    ['a choice that is none', ['A', '', '', '', '', '', '', 'XL'], 'wrongChoice', 'Size'],
    ['a number that is none', ['A', '', '', '', '', '', '', '', 'four'], 'wrongNumber', 'Desk'],
    ['another address for an account', ['Ben', 'b2@x.org', '8613800001111'], 'emailOfAccount', 'E-Mail'],
  ])('tells of %s, with its row and column', (_what, cells, mistake, column) => {
    const { errors } = plan([head, ['Fine', 'fine@x.org'], [], cells]);
    expect(errors).toEqual([expect.objectContaining({ row: 4, column, mistake })]);
  });

  test('tells of somebody who is in it twice, and of superiors in a circle or with one name', () => {
    const { errors } = plan([
      head,
      ['A', 'a@x.org', '', '', '', 'B'],
      ['B', 'b@x.org', '', '', '', 'A'],
      ['C', 'A@x.org'],
      ['D', 'd1@x.org'],
      ['D', 'd2@x.org'],
      ['E', 'e@x.org', '', '', '', 'D'],
    ]);
    expect(errors.map(({ row, mistake, other }) => [row, mistake, other])).toEqual([
      [2, 'superiorCircle', undefined],
      [3, 'superiorCircle', undefined],
      [4, 'twice', 2],
      [7, 'severalSuperiors', undefined],
    ]);
  });

  test('is none without names or people', () => {
    expect(planImport([['Mail'], ['a@x']], company)).toBe('no-name-column');
    expect(planImport([], company)).toBe('no-name-column');
    expect(planImport([['Name'], ['']], company)).toBe('nobody');
    expect(planImport([['Name'], ...Array.from({ length: 20_001 }, () => ['A'])], company)).toBe(
      'too-many-rows',
    );
  });

  test('of our own export changes nothing', () => {
    language.current = 'zh';
    const exported = directoryTable(company);
    const made = plan(exported);
    expect(made.errors).toEqual([]);
    expect(made.unknownColumns).toEqual([]);
    expect(made.rows.map(({ result }) => result)).toEqual(['same', 'same']);
    language.current = 'en';
  });

  test('of 10,000 people becomes commands that the rules take, and then the directory has all of them', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => [
      ...[`员工${i}`, `p${i}@x.org`, `139${String(i).padStart(8, '0')}`, '工程师'],
      ...[
        `事业部${i % 40}/小组${i % 400}`,
        i === 0 ? '' : `p${Math.floor((i - 1) / 10)}@x.org`,
        '',
        'S',
        '7',
      ],
    ]);
    const made = plan([head, ...rows]);
    expect(made.errors).toEqual([]);
    const commands = commandsOf(made);
    let state = company;
    for (const { type, data } of commands) {
      expect(new TextEncoder().encode(JSON.stringify(data)).length).toBeLessThan(limits.command);
      const rule = directoryKind.commands[type]!;
      expect(rule.schema.safeParse(data).success).toBe(true);
      const actor = { member: 'ada' as MemberId, role: 'owner' as const, active: true };
      const context = {
        room: { workspace: 'w', kind: 'directory', id: 'main', part: null } as never,
        ...{ at: 1, stateOf: () => null },
        ...{ state, governing: state, isActiveMember: () => true, entry: () => null },
      };
      expect(rule.may(actor, data, context)).toMatchObject({ ok: true });
      state = fold(state, [type, data]);
    }
    expect(Object.keys(state.members)).toHaveLength(10_002);
    expect(Object.keys(state.departments ?? {})).toHaveLength(2 + 40 + 400);
    expect(commands.length).toBeLessThan(100);
  });
});
