/* Whether a customer is one of those that somebody means. */
import type { MemberId } from '../../base/ids.ts';
import type { SegmentFilter } from '../segments/schema.ts';

export const everyone: SegmentFilter = {
  stage: null,
  tags: [],
  all: false,
  owner: null,
  helper: null,
  source: null,
  waits: false,
  next: null,
  ended: null,
  field: null,
};

/** What a filter asks of a customer. */
export interface Filtered {
  readonly stage: string | null;
  readonly tags: readonly string[];
  readonly owner: MemberId | null;
  readonly helpers: readonly MemberId[];
  readonly source: string;
  readonly waitsSince: number | null;
  readonly next: { readonly at: number } | null;
  readonly ended: boolean;
  readonly fields: Readonly<Record<string, string>>;
}

export interface FilterAt {
  /** The company's stages: who was never moved is at the first of them, as is who was at one that is gone. */
  readonly stages: readonly { readonly id: string }[];
  /** When today ends, milliseconds since 1970. */
  readonly dayEnd: number;
}

const week = 7 * 24 * 3_600_000;

export const stageIdOf = (stage: string | null, stages: FilterAt['stages']): string =>
  stages.some(({ id }) => id === stage) ? stage! : stages[0]!.id;

export const isDueBefore = ({ next, ended }: Pick<Filtered, 'next' | 'ended'>, end: number): boolean =>
  next !== null && next.at < end && !ended;

function isNext(wanted: SegmentFilter['next'], of: Filtered, dayEnd: number): boolean {
  if (wanted === null) return true;
  if (wanted === 'none') return of.next === null;
  return isDueBefore(of, wanted === 'due' ? dayEnd : dayEnd + week);
}

const hasTags = ({ tags, all }: SegmentFilter, of: readonly string[]): boolean =>
  tags.length === 0 || (all ? tags.every((tag) => of.includes(tag)) : tags.some((tag) => of.includes(tag)));

/** Whether this customer is one of those. */
export function fits(filter: SegmentFilter, of: Filtered, { stages, dayEnd }: FilterAt): boolean {
  const { stage, owner, helper, source, waits, next, ended, field } = filter;
  if (stage !== null && stageIdOf(of.stage, stages) !== stage) return false;
  if (owner !== null && of.owner !== owner) return false;
  if (helper !== null && !of.helpers.includes(helper)) return false;
  if (source !== null && of.source !== source) return false;
  if (waits && of.waitsSince === null) return false;
  if (ended !== null && of.ended !== ended) return false;
  if (!hasTags(filter, of.tags) || !isNext(next, of, dayEnd)) return false;
  if (field === null) return true;
  const said = Object.hasOwn(of.fields, field.id) ? of.fields[field.id]! : '';
  return said.toLocaleLowerCase().includes(field.text.toLocaleLowerCase());
}

/** How much of it narrows something. */
export const countOf = (filter: SegmentFilter): number =>
  (['stage', 'owner', 'helper', 'source', 'next', 'ended', 'field'] as const).filter(
    (part) => filter[part] !== null,
  ).length +
  (filter.tags.length > 0 ? 1 : 0) +
  (filter.waits ? 1 : 0);
