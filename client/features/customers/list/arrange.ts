/* Which customers stand in the list, and in which order. Pure, so that every case is a line in a test. */
import {
  countOf,
  fits,
  isDueBefore,
  stageIdOf,
  type FilterAt,
} from '../../../../shared/features/customers/segments.ts';
import type { SegmentFilter } from '../../../../shared/features/segments/schema.ts';
import type { CustomerLine } from '../../../data/api.ts';
import { compareNames, language, nameInitials, soundsLike } from '../../../i18n/index.ts';

export const views = ['all', 'waiting', 'due'] as const;
export type View = (typeof views)[number];

export const orders = [
  'attention',
  'unanswered',
  'newest',
  'next',
  'since',
  'name',
  'company',
  'stage',
  'owner',
] as const;
export type Order = (typeof orders)[number];

export interface Wish {
  /** Newest first. */
  readonly lines: readonly CustomerLine[];
  readonly filter: SegmentFilter;
  readonly stages: FilterAt['stages'];
  readonly text: string;
  readonly view: View;
  readonly order: Order;
  readonly backwards?: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly nameOf: (line: CustomerLine) => string;
  readonly ownerOf: (line: CustomerLine) => string;
}

/** Until the day of `now` ends: what is to be done today is due all day. */
export const dayEnd = (now: number): number => new Date(now).setHours(24, 0, 0, 0);

export const isDue = (line: CustomerLine, now: number): boolean => isDueBefore(line, dayEnd(now));

/** What somebody is found by, put together once: the filter is asked with every key. */
interface Found {
  readonly name: string;
  readonly places: string;
  readonly digits: string;
}
const foundOf = new WeakMap<CustomerLine, Found>();

// A number is found however its digits are grouped.
const digits = (text: string): string => text.replace(/[\s().-]/g, '');

export function foundBy(line: CustomerLine, name: string): Found {
  const before = foundOf.get(line);
  if (before?.name === name) return before;
  const { company, phone, mail } = line;
  const made = {
    name,
    places: [name, nameInitials(name), company, phone, mail].join('\n').toLocaleLowerCase(),
    digits: digits(phone),
  };
  foundOf.set(line, made);
  return made;
}

function matcher(text: string): ((line: CustomerLine, name: string) => boolean) | null {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return null;
  const number = /\d{3}/.test(text) && /^[+\d\s().-]+$/.test(text) ? digits(text) : null;
  return (line, name) => {
    const by = foundBy(line, name);
    if (number !== null && by.digits.includes(number)) return true;
    return words.every((word) => by.places.includes(word) || soundsLike(word, name));
  };
}

/** Who waits comes first, then what is to be done today, then the others; those whose conversation ended are last. */
const rank = (line: CustomerLine, end: number): number =>
  line.ended ? 3 : line.waitsSince !== null ? 0 : isDueBefore(line, end) ? 1 : 2;

/** What has no time comes last, whichever way the others stand. */
const byTime =
  (timeOf: (line: CustomerLine) => number | null) =>
  (lines: CustomerLine[], sign: number): CustomerLine[] => {
    const [with_, without]: [CustomerLine[], CustomerLine[]] = [[], []];
    for (const line of lines) (timeOf(line) === null ? without : with_).push(line);
    return [...with_.sort((a, b) => sign * (timeOf(a)! - timeOf(b)!)), ...without];
  };

/** More new words than these are sorted with all others, fewer put in their places. */
const inPlace = 300;
const mostWords = 50_000;

/** Words are compared by the language's rules, which takes long: the order of those that were met is kept. */
class Words {
  #sorted: string[] = [];
  #place = new Map<string, number>();
  #language = '';

  placesOf(words: ReadonlySet<string>): ReadonlyMap<string, number> {
    const speaks = language.current;
    if (speaks !== this.#language || this.#sorted.length > mostWords) this.#sorted = [];
    if (this.#sorted.length === 0) this.#place = new Map();
    this.#language = speaks;
    const more = [...words].filter((word) => !this.#place.has(word));
    if (more.length > inPlace || this.#sorted.length === 0)
      this.#sorted = [...this.#sorted, ...more].sort(compareNames);
    else for (const word of more) this.#sorted.splice(this.#placeFor(word), 0, word);
    if (more.length > 0) this.#place = new Map(this.#sorted.map((word, i) => [word, i]));
    return this.#place;
  }

  #placeFor(word: string): number {
    let [from, to] = [0, this.#sorted.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareNames(this.#sorted[middle]!, word) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

const known = { name: new Words(), company: new Words(), owner: new Words() };

/** What is empty comes last, whichever way the others stand. */
const byWords =
  (words: Words, wordsOf: (line: CustomerLine) => string) =>
  (lines: CustomerLine[], sign: number): CustomerLine[] => {
    const places = words.placesOf(new Set(lines.map(wordsOf)));
    const place = (line: CustomerLine): number => {
      const said = wordsOf(line);
      return said === '' ? Number.MAX_SAFE_INTEGER : sign * places.get(said)!;
    };
    const at = new Map(lines.map((line) => [line, place(line)]));
    return lines.sort((a, b) => at.get(a)! - at.get(b)!);
  };

/** Puts names in order ahead of time, so that whoever wants them sorted by name does not wait. */
export const prepareNames = (names: Iterable<string>): void => void known.name.placesOf(new Set(names));

function byAttention(lines: readonly CustomerLine[], end: number): CustomerLine[] {
  const ranked: readonly CustomerLine[][] = [[], [], [], []];
  for (const line of lines) ranked[rank(line, end)]!.push(line);
  ranked[1]!.sort((a, b) => a.next!.at - b.next!.at);
  return ranked.flat();
}

const stagePlace =
  (stages: Wish['stages']) =>
  ({ stage }: CustomerLine): number => {
    const id = stageIdOf(stage, stages);
    return stages.findIndex((each) => each.id === id);
  };

function inOrder(lines: CustomerLine[], { order, backwards, stages, now, nameOf, ownerOf }: Wish) {
  const sign = backwards ? -1 : 1;
  switch (order) {
    case 'attention':
      return backwards ? byAttention(lines, dayEnd(now)).reverse() : byAttention(lines, dayEnd(now));
    case 'unanswered':
      return byTime(({ waitsSince }) => waitsSince)(lines, sign);
    case 'newest':
      return backwards ? lines.reverse() : lines;
    case 'next':
      return byTime(({ next, ended }) => (ended ? null : (next?.at ?? null)))(lines, sign);
    case 'since':
      return byTime(({ since }) => since)(lines, -sign);
    case 'name':
      return byWords(known.name, nameOf)(lines, sign);
    case 'company':
      return byWords(known.company, ({ company }) => company)(lines, sign);
    case 'stage':
      return lines.sort((a, b) => sign * (stagePlace(stages)(a) - stagePlace(stages)(b)));
    case 'owner':
      return byWords(known.owner, ownerOf)(lines, sign);
  }
}

/** The same order for the same lines: they come newest first, and sorting keeps that where nothing else decides. */
export function arrange(wish: Wish): readonly CustomerLine[] {
  const { lines, filter, stages, text, view, now, nameOf } = wish;
  const at: FilterAt = { stages, dayEnd: dayEnd(now) };
  const matches = matcher(text);
  const isNarrowed = countOf(filter) > 0;
  const shown = lines.filter(
    (line) =>
      (view !== 'waiting' || line.waitsSince !== null) &&
      (view !== 'due' || isDueBefore(line, at.dayEnd)) &&
      (!isNarrowed || fits(filter, line, at)) &&
      (matches === null || matches(line, nameOf(line))),
  );
  return inOrder(shown, wish);
}
