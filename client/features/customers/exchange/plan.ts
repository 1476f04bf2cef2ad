/* What a table of customers becomes: for each row a customer, or why it cannot be one. Pure, a piece after the other. */
import { fixedFields } from '../../../../shared/features/customers/customer-schema.ts';
import {
  stagesOf,
  type CustomerField,
  type SettingsState,
} from '../../../../shared/features/customers/settings-schema.ts';
import { stageName } from '../customers.ts';
import type { Column } from './columns.ts';
import { keysOf, type Known, type Why } from './likeness.ts';

export const problems = [
  'no-name',
  'too-long',
  'not-a-phone',
  'not-a-mail',
  'not-a-number',
  'not-a-date',
  'not-a-choice',
  'unknown-tag',
  'unknown-stage',
] as const;
export interface Problem {
  readonly code: (typeof problems)[number];
  /** From 0; null for the whole row. */
  readonly column: number | null;
  readonly value: string;
}

/** Who is here already: a customer of one's own, or an earlier row of the table. */
export interface Double {
  readonly why: Why;
  readonly customer: string | null;
  readonly row: number | null;
}

export interface PlannedRow {
  /** As the table counts, its head being 1. */
  readonly row: number;
  readonly values: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly stage: string | null;
  readonly source: string;
  /** With one of them nothing of the row is imported. */
  readonly problems: readonly Problem[];
  readonly double: Double | null;
}

const longest = 500;
const longestSource = 60;
const isMail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);
const isPhone = (text: string): boolean => text.length <= 40 && text.replace(/\D/g, '').length >= 3;

/** A day as fields hold it, 2026-03-09; null for what no calendar has. */
export function asDay(text: string): string | null {
  const found = /^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s].*)?$/.exec(
    text.normalize('NFKC'),
  );
  if (!found) return null;
  const [year, month, day] = found.slice(1, 4).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  const isThere = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isThere ? date.toISOString().slice(0, 10) : null;
}

export function asNumber(text: string): string | null {
  const plain = text.normalize('NFKC').replace(/[,\s]/g, '');
  return plain !== '' && Number.isFinite(Number(plain)) ? plain : null;
}

type Read = { readonly value: string } | { readonly wrong: Problem['code'] };

function readField({ type, choices = [] }: Pick<CustomerField, 'type' | 'choices'>, text: string): Read {
  if (type === 'date') {
    const day = asDay(text);
    return day === null ? { wrong: 'not-a-date' } : { value: day };
  }
  if (type === 'number') {
    const number = asNumber(text);
    return number === null ? { wrong: 'not-a-number' } : { value: number };
  }
  return type === 'choice' && !choices.includes(text) ? { wrong: 'not-a-choice' } : { value: text };
}

const folded = (text: string): string => text.normalize('NFKC').trim().toLowerCase();

/** What stands for what in a table of this company. */
class Reader {
  readonly #settings: SettingsState;
  readonly #tags = new Map<string, string>();
  readonly #stages = new Map<string, string>();

  constructor(settings: SettingsState) {
    this.#settings = settings;
    for (const { tags } of Object.values(settings.tagGroups))
      for (const { id, name } of tags) this.#tags.set(folded(name), id);
    for (const stage of stagesOf(settings)) this.#stages.set(folded(stageName(stage)), stage.id);
  }

  row(cells: readonly string[], columns: readonly Column[], row: number): Omit<PlannedRow, 'double'> {
    const values: Record<string, string> = {};
    const wrong: Problem[] = [];
    let [tags, stage, source]: [string[], string | null, string] = [[], null, ''];
    columns.forEach((means, column) => {
      const value = (cells[column] ?? '').trim();
      if (value === '' || means === 'none') return;
      const refuse = (code: Problem['code'], what = value): void =>
        void wrong.push({ code, column, value: what });
      if (means === 'tags') {
        const names = value.split(/[,;，；、|\n]/).flatMap((each) => each.trim() || []);
        const unknown = names.filter((each) => !this.#tags.has(folded(each)));
        if (unknown.length > 0) refuse('unknown-tag', unknown.join(', '));
        else tags = [...new Set(names.map((each) => this.#tags.get(folded(each))!))];
      } else if (means === 'stage') {
        stage = this.#stages.get(folded(value)) ?? null;
        if (stage === null) refuse('unknown-stage');
      } else if (means === 'source') {
        if (value.length > longestSource) refuse('too-long');
        else source = value;
      } else if (value.length > longest) refuse('too-long');
      else if (means === 'phone' && !isPhone(value)) refuse('not-a-phone');
      else if (means === 'mail' && !isMail(value)) refuse('not-a-mail');
      else if (!means.startsWith('field:')) values[means] = value;
      else {
        const id = means.slice('field:'.length);
        const field = this.#settings.fields[id];
        const read = field && readField(field, value);
        if (read && 'wrong' in read) refuse(read.wrong);
        else if (read) values[id] = read.value;
      }
    });
    const isSomebody = fixedFields.some((field) => field !== 'remark' && values[field] !== undefined);
    if (!isSomebody && wrong.length === 0) wrong.push({ code: 'no-name', column: null, value: '' });
    return { row, values, tags, stage, source, problems: wrong };
  }
}

export const knownOf = (values: Readonly<Record<string, string>>): Known => ({
  name: values['name'] ?? '',
  phone: values['phone'] ?? '',
  mail: values['mail'] ?? '',
  company: values['company'] ?? '',
});

export interface Planning {
  readonly settings: SettingsState;
  readonly columns: readonly Column[];
  /** Customers of one's own, as they are. */
  readonly here: readonly (Known & { readonly id: string })[];
}

/** Rows in pieces, so that a page can go on between them. Rows without anything in them are left out. */
export function* planRows(
  rows: readonly (readonly string[])[],
  { settings, columns, here }: Planning,
): Generator<readonly PlannedRow[]> {
  const reader = new Reader(settings);
  const met = new Map<string, Pick<Double, 'customer' | 'row'>>();
  for (const each of here)
    for (const { key } of keysOf(each)) if (!met.has(key)) met.set(key, { customer: each.id, row: null });
  let piece: PlannedRow[] = [];
  for (const [at, cells] of rows.entries()) {
    // The first one is the head.
    if (at === 0 || cells.every((cell) => cell.trim() === '')) continue;
    const read = reader.row(cells, columns, at + 1);
    const keys = read.problems.length > 0 ? [] : keysOf(knownOf(read.values));
    const like = keys.find(({ key }) => met.has(key));
    const double = like ? { why: like.why, ...met.get(like.key)! } : null;
    for (const { key } of keys) if (!met.has(key)) met.set(key, { customer: null, row: read.row });
    piece.push({ ...read, double });
    if (piece.length < 500) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}
