import { newId, type DepartmentId, type FieldId, type MemberId } from '../../../../shared/base/ids.ts';
import { fits } from '../../../../shared/features/directory/fields.ts';
import {
  most,
  type DirectoryState,
  type Field,
  type FieldValues,
  type ImportedPerson,
  type ImportPart,
  type Member,
} from '../../../../shared/features/directory/schema.ts';
import {
  childrenByParent,
  departmentsOf,
  fieldsInOrder,
} from '../../../../shared/features/directory/tree.ts';
import { membersOf } from '../members.ts';

/* What a table of people would do to the directory: pure, so that every mistake in it is a line of a test. */

export type Mistake =
  | 'missingName'
  | 'longName'
  | 'tooLong'
  | 'wrongEmail'
  | 'twice'
  | 'emailOfAccount'
  | 'unknownSuperior'
  | 'severalSuperiors'
  | 'superiorCircle'
  | 'wrongNumber'
  | 'wrongDate'
  | 'wrongChoice'
  | 'tooManyDepartments'
  | 'wrongPath';

export interface RowError {
  /** As spreadsheets count: the head is row 1. */
  readonly row: number;
  /** As the file calls it. */
  readonly column: string;
  readonly mistake: Mistake;
  readonly value: string;
  /** With `twice`: the other row. */
  readonly other?: number;
}

export interface PlannedRow {
  readonly row: number;
  readonly person: ImportedPerson;
  readonly result: 'new' | 'changed' | 'same';
}

export interface Plan {
  readonly rows: readonly PlannedRow[];
  readonly errors: readonly RowError[];
  readonly departments: ImportPart['departments'];
  readonly unknownColumns: readonly string[];
}

/** Why a table says nothing of people at all. */
export type NoPlan = 'no-name-column' | 'nobody' | 'too-many-rows';

type Column = 'name' | 'email' | 'phone' | 'post' | 'departments' | 'superior';

/** What columns are called in files, ours and others', in small letters. */
const columnNames: Readonly<Record<Column, readonly string[]>> = {
  name: ['name', 'full name', '姓名', '名字', '员工姓名'],
  email: [
    'e-mail',
    'email',
    'mail',
    'mail address',
    'e-mail address',
    '邮箱',
    '电子邮箱',
    '企业邮箱',
    '工作邮箱',
  ],
  phone: ['phone', 'mobile', 'telephone', 'phone number', '电话', '手机', '手机号', '手机号码', '联系电话'],
  post: ['post', 'title', 'position', 'job title', '职务', '职位', '岗位'],
  departments: ['departments', 'department', '部门', '所在部门', '所属部门'],
  superior: ['superior', 'manager', 'reports to', '上级', '直属上级', '直接上级', '主管'],
};
/** Columns of our export that an import has no use for. */
const ignored = new Set(['role', 'state', '权限', '状态']);

const emailShape = /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]+$/;
const digitsOf = (phone: string): string => phone.replace(/\D/g, '');
/** A number shorter than this is an extension, which several people may have. */
const shortestNumber = 7;

interface Head {
  readonly columns: ReadonlyMap<Column, number>;
  readonly fields: readonly (readonly [Field, number])[];
  readonly unknown: readonly string[];
  readonly titles: readonly string[];
}

function readHead(titles: readonly string[], fields: readonly Field[]): Head {
  const columns = new Map<Column, number>();
  const own: [Field, number][] = [];
  const unknown: string[] = [];
  titles.forEach((title, at) => {
    const key = title.trim().replace(/\*/g, '').toLocaleLowerCase();
    const field = fields.find(({ name }) => name.toLocaleLowerCase() === key);
    const column = (Object.keys(columnNames) as Column[]).find((each) => columnNames[each].includes(key));
    if (field) own.push([field, at]);
    else if (column && !columns.has(column)) columns.set(column, at);
    else if (key !== '' && !ignored.has(key)) unknown.push(title);
  });
  return { columns, fields: own, unknown, titles };
}

/** 2024/3/1 and 2024年3月1日 as 2024-03-01. */
function plainDate(text: string): string {
  const found = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text);
  return found ? `${found[1]}-${found[2]!.padStart(2, '0')}-${found[3]!.padStart(2, '0')}` : text;
}

const mistakeIn = (field: Field): Mistake =>
  ({ text: 'tooLong', number: 'wrongNumber', date: 'wrongDate', choice: 'wrongChoice' })[
    field.type
  ] as Mistake;

/** Departments by their path, those that are there and those that the table makes. */
class Departments {
  readonly made: ImportPart['departments'] = [];
  readonly #byPath = new Map<string, DepartmentId>();
  readonly #company: string;
  #order = 1_000_000;

  constructor(directory: DirectoryState) {
    this.#company = directory.name;
    const children = childrenByParent(directory);
    const waiting: (readonly [DepartmentId | null, string])[] = [[null, '']];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [parent, path] = next;
      for (const { id, name } of children.get(parent) ?? []) {
        const own = `${path}/${name}`;
        // Of several with one name the first is meant.
        if (!this.#byPath.has(own)) this.#byPath.set(own, id);
        waiting.push([id, own]);
      }
    }
  }

  /** Null when a part of the path has no name, or one that is too long. */
  find(text: string): DepartmentId | null {
    const names = text.split(/[/／\\]|\s>\s/).map((name) => name.trim());
    if (names.length > 1 && names[0] === this.#company) names.shift();
    if (names.some((name) => name === '' || name.length > 60)) return null;
    let path = '';
    let parent: DepartmentId | null = null;
    for (const name of names) {
      path += `/${name}`;
      let id = this.#byPath.get(path);
      if (id === undefined) {
        id = newId<DepartmentId>();
        this.#byPath.set(path, id);
        this.made.push({ department: id, name, parent, order: this.#order++ });
      }
      parent = id;
    }
    return parent;
  }
}

interface Draft {
  readonly row: number;
  readonly id: MemberId;
  readonly member: Member | undefined;
  readonly person: { -readonly [Key in keyof ImportedPerson]: ImportedPerson[Key] };
  readonly superior: string;
}

/** Whether the person's card already says all of it. */
function isSame(member: Member, person: ImportedPerson): boolean {
  const { name, email, post, phone, departments, superior, fields } = person;
  return (
    name === member.name &&
    (email === undefined || email === member.email) &&
    (post === undefined || post === member.post) &&
    (phone === undefined || phone === member.phone) &&
    (departments === undefined || departments.join() === departmentsOf(member).join()) &&
    (superior === undefined || superior === (member.superior ?? null)) &&
    Object.entries(fields ?? {}).every(([id, value]) => member.fields?.[id as FieldId] === value)
  );
}

/** Reads the table; the first row that has anything says what is in each column. Cells that are empty say nothing. */
export function planImport(table: readonly (readonly string[])[], directory: DirectoryState): Plan | NoPlan {
  const headAt = table.findIndex((cells) => cells.some((cell) => cell !== ''));
  const head = readHead(table[headAt] ?? [], fieldsInOrder(directory));
  const nameAt = head.columns.get('name');
  if (nameAt === undefined) return 'no-name-column';
  const lines = table
    .map((cells, at) => ({ cells, row: at + 1 }))
    .slice(headAt + 1)
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  if (lines.length === 0) return 'nobody';
  if (lines.length > most.imported) return 'too-many-rows';

  const errors: RowError[] = [];
  const departments = new Departments(directory);
  const { here } = membersOf(directory);
  const byEmail = new Map(
    here.filter(({ email }) => email !== '').map((each) => [each.email.toLowerCase(), each]),
  );
  const byPhone = new Map<string, Member>();
  for (const each of here)
    if (digitsOf(each.phone).length >= shortestNumber) byPhone.set(digitsOf(each.phone), each);
  const byName = new Map<string, Member[]>();
  for (const each of here) byName.set(each.name, [...(byName.get(each.name) ?? []), each]);
  const seen = new Map<string, number>();
  const drafts: Draft[] = [];

  for (const { cells, row } of lines) {
    const at = (column: Column): string => (cells[head.columns.get(column) ?? -1] ?? '').trim();
    const fail = (column: Column, mistake: Mistake, other?: number): void => {
      const title = head.titles[head.columns.get(column) ?? -1] ?? '';
      errors.push({
        row,
        column: title,
        mistake,
        value: at(column),
        ...(other === undefined ? {} : { other }),
      });
    };
    const [name, email, phone, post] = [at('name'), at('email'), at('phone'), at('post')];
    if (name === '') fail('name', 'missingName');
    else if (name.length > 60) fail('name', 'longName');
    if (email !== '' && (!emailShape.test(email) || email.length > 254)) fail('email', 'wrongEmail');
    if (phone.length > 40) fail('phone', 'tooLong');
    if (post.length > 60) fail('post', 'tooLong');

    const digits = digitsOf(phone);
    const namesakes = email === '' && digits.length < shortestNumber ? (byName.get(name) ?? []) : [];
    const member =
      byEmail.get(email.toLowerCase()) ??
      (digits.length >= shortestNumber ? byPhone.get(digits) : undefined) ??
      (namesakes.length === 1 ? namesakes[0] : undefined);
    if (
      member &&
      member.joinedAt !== null &&
      email !== '' &&
      email.toLowerCase() !== member.email.toLowerCase()
    )
      fail('email', 'emailOfAccount');

    const keys = [
      ...(email === '' ? [] : [[`mail ${email.toLowerCase()}`, 'email'] as const]),
      ...(digits.length < shortestNumber ? [] : [[`phone ${digits}`, 'phone'] as const]),
      ...(member ? [[`member ${member.id}`, 'name'] as const] : []),
    ];
    const double = keys.find(([each]) => seen.has(each));
    if (double) fail(double[1], 'twice', seen.get(double[0]));
    for (const [each] of keys) if (!seen.has(each)) seen.set(each, row);

    const paths = at('departments')
      .split(/[;；\n]/)
      .map((each) => each.trim())
      .filter((each) => each !== '');
    const ids = paths.map((each) => departments.find(each));
    if (ids.includes(null)) fail('departments', 'wrongPath');
    if (ids.length > most.departmentsOfOne) fail('departments', 'tooManyDepartments');

    const values: Record<string, string> = {};
    for (const [field, column] of head.fields) {
      const raw = (cells[column] ?? '').trim();
      const value = field.type === 'date' ? plainDate(raw) : raw;
      if (value === '') continue;
      if (!fits(field, value) || value.length > 200)
        errors.push({ row, column: field.name, mistake: mistakeIn(field), value: raw });
      values[field.id] = value;
    }

    const id = member?.id ?? newId<MemberId>();
    drafts.push({
      ...{ row, id, member, superior: at('superior') },
      person: {
        ...{ id, name },
        ...(email === '' ? {} : { email }),
        ...(phone === '' ? {} : { phone }),
        ...(post === '' ? {} : { post }),
        ...(paths.length === 0 ? {} : { departments: [...new Set(ids.filter((each) => each !== null))] }),
        ...(Object.keys(values).length === 0 ? {} : { fields: values as FieldValues }),
      },
    });
  }

  const title = head.titles[head.columns.get('superior') ?? -1] ?? '';
  for (const error of setSuperiors(drafts, here)) errors.push({ ...error, column: title });
  return {
    rows: drafts.map(({ row, person, member }) => ({
      ...{ row, person },
      result: !member ? 'new' : isSame(member, person) ? 'same' : 'changed',
    })),
    errors: errors.sort((a, b) => a.row - b.row),
    departments: departments.made,
    unknownColumns: head.unknown,
  };
}

/** Finds superiors by address or name, in the table and in the directory; tells which cannot be. */
function setSuperiors(drafts: readonly Draft[], here: readonly Member[]): Omit<RowError, 'column'>[] {
  const errors: Omit<RowError, 'column'>[] = [];
  const found = new Map<string, Set<MemberId>>();
  const note = (key: string, id: MemberId): void => {
    const ids = found.get(key);
    if (ids) ids.add(id);
    else found.set(key, new Set([id]));
  };
  for (const { id, name, email } of [...here, ...drafts.map(({ person }) => ({ email: '', ...person }))]) {
    note(name, id);
    if (email) note(email.toLowerCase(), id);
  }
  const above = new Map(here.map(({ id, superior }) => [id, superior ?? null]));
  for (const { row, id, person, superior } of drafts) {
    if (superior === '') continue;
    const ids = found.get(superior) ?? found.get(superior.toLowerCase()) ?? new Set();
    const [only] = ids;
    if (only === undefined) errors.push({ row, mistake: 'unknownSuperior', value: superior });
    else if (ids.size > 1) errors.push({ row, mistake: 'severalSuperiors', value: superior });
    else {
      person.superior = only;
      above.set(id, only);
    }
  }
  for (const { row, id, superior } of drafts) {
    const seen = new Set<MemberId>();
    let next = above.get(id) ?? null;
    while (next !== null && next !== id && !seen.has(next)) {
      seen.add(next);
      next = above.get(next) ?? null;
    }
    if (next === id) errors.push({ row, mistake: 'superiorCircle', value: superior });
  }
  return errors;
}

/** People in one part. */
const peopleInPart = 500;
/** UTF-16 units of one part as JSON: a command has a bound in bytes, and a character may have three. */
const unitsInPart = 60_000;

/** The plan as commands of a size the relay takes: parts, then the word that makes all of them count. */
export function commandsOf({ rows, departments }: Plan): readonly { type: string; data: unknown }[] {
  const id = newId();
  const people = rows.filter(({ result }) => result !== 'same').map(({ person }) => person);
  const parts: { departments: ImportPart['departments']; people: ImportedPerson[] }[] = [];
  let units = Infinity;
  const room = (size: number): (typeof parts)[number] => {
    const last = parts.at(-1);
    if (last && units + size <= unitsInPart && last.people.length < peopleInPart) {
      units += size;
      return last;
    }
    const next = { departments: [], people: [] };
    parts.push(next);
    units = size;
    return next;
  };
  for (const each of departments) room(JSON.stringify(each).length).departments.push(each);
  for (const each of people) room(JSON.stringify(each).length).people.push(each);
  return [
    ...parts.map((part, at) => ({ type: 'directory.import', data: { import: id, part: at, ...part } })),
    {
      type: 'directory.importApply',
      data: { import: id, parts: parts.length, people: people.length },
    },
  ];
}
