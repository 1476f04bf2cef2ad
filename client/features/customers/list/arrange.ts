/* Which customers stand in the list, and in which order. Pure, so that every case is a line in a test. */
import type { MemberId } from '../../../../shared/base/ids.ts';
import type { CustomerRow } from '../../../data/api.ts';
import { compareNames, matchesPerson } from '../../../i18n/index.ts';

export const views = ['all', 'waiting', 'due'] as const;
export type View = (typeof views)[number];

export const orders = ['attention', 'newest', 'name'] as const;
export type Order = (typeof orders)[number];

/** What narrows the list; null where it does not. */
export interface Narrowing {
  readonly stage: string | null;
  readonly tag: string | null;
  readonly owner: MemberId | null;
}

export const nothingNarrowed: Narrowing = { stage: null, tag: null, owner: null };

interface Wish extends Narrowing {
  readonly rows: readonly CustomerRow[];
  /** Where those are who were never moved. */
  readonly firstStage: string;
  readonly text: string;
  readonly view: View;
  readonly order: Order;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly nameOf: (row: CustomerRow) => string;
}

/** Until the day of `now` ends: what is to be done today is due all day. */
const dayEnd = (now: number): number => new Date(now).setHours(24, 0, 0, 0);

const isDueBefore = ({ state }: CustomerRow, end: number): boolean =>
  state.next !== null && state.next.at < end && state.ended === null;

export const isDue = (row: CustomerRow, now: number): boolean => isDueBefore(row, dayEnd(now));

/** Who waits comes first, then what is to be done today, then the others; those whose conversation ended are last. */
const rank = (row: CustomerRow, end: number): number =>
  row.state.ended !== null ? 3 : row.waits ? 0 : isDueBefore(row, end) ? 1 : 2;

/** The same order for the same rows: `rows` come newest first, and sorting keeps that where nothing else decides. */
export function arrange(wish: Wish): readonly CustomerRow[] {
  const { rows, firstStage, text, view, stage, tag, owner, order, nameOf } = wish;
  const end = dayEnd(wish.now);
  const words = text.trim();
  const fits = (row: CustomerRow): boolean => {
    const { state } = row;
    if (view === 'waiting' && !row.waits) return false;
    if (view === 'due' && !isDueBefore(row, end)) return false;
    if (stage !== null && (state.stage ?? firstStage) !== stage) return false;
    if (tag !== null && !state.tags.includes(tag)) return false;
    if (owner !== null && state.owner !== owner) return false;
    if (words === '') return true;
    return matchesPerson(words, {
      name: nameOf(row),
      post: state.company,
      phone: state.phone,
      email: state.mail,
    });
  };
  const found = rows.filter(fits);
  if (order === 'name') return found.sort((a, b) => compareNames(nameOf(a), nameOf(b)));
  if (order === 'newest') return found;
  const ranks = new Map(found.map((row) => [row, rank(row, end)]));
  return found.sort((a, b) => {
    const [first, second] = [ranks.get(a)!, ranks.get(b)!];
    if (first !== second || first !== 1) return first - second;
    return (a.state.next?.at ?? 0) - (b.state.next?.at ?? 0);
  });
}
