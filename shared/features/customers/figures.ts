import type { MemberId } from '../../base/ids.ts';
import { officeTime } from './hours.ts';
import { isOver, type Talk } from './service.ts';
import type { OfficeHours } from './settings-schema.ts';

/*
 * The figures of a line, worked out customer by customer and talk by talk, so that whoever counts may stop in between.
 * What each of them means:
 *
 * - added: customers that began in the period; they count for who got them first.
 * - lost: conversations that were ended in the period, by the guest or the company, and not opened again.
 * - active: customers with a talk that was going on. Talks that began more than `longestTalk` before the period are left out.
 * - first answer: from the guest's first words of a talk to the first answer, for talks that began in the period.
 * - resolution: from there to the last answer, for talks that began in the period and are over (`service.ts`).
 * - unanswered: who waits for an answer now.
 *
 * Both times count office hours alone where the link has some, as they are now. Quantiles are right within one percent.
 */

/** Talks are looked for so long before the period, milliseconds. */
export const longestTalk = 31 * 24 * 3_600_000;
const hour = 3_600_000;
export const day = 24 * hour;
/** Bars of one period. */
export const mostBars = 400;
/** People in the table of who did what. */
export const mostPeople = 500;

/** What is looked at: bars of equal length from a moment on. */
export interface Period {
  /** Milliseconds since 1970; a midnight where the person is. */
  readonly from: number;
  /** Without it. */
  readonly to: number;
  /** Length of a bar, milliseconds. */
  readonly step: number;
}

/** A customer as they are counted (`CountedCustomer` of the relay's table). */
interface Customer {
  readonly n: number;
  readonly begunAt: number;
  readonly endedAt: number | null;
  readonly owner: MemberId | null;
  readonly firstOwner: MemberId | null;
  readonly link: string | null;
  readonly source: string;
  readonly stage: string | null;
  readonly unansweredSince: number | null;
  /** Merged into another one: only who waits counts. */
  readonly isPart: boolean;
}

/** A talk with whose it is (`CountedTalk` of the relay's table). */
export interface OwnedTalk extends Talk {
  readonly customer: number;
  readonly owner: MemberId | null;
  readonly link: string | null;
  readonly source: string;
}

/** Whose customers count, of which channels; null is all. */
export interface Chosen {
  readonly people: ReadonlySet<MemberId> | null;
  readonly links: ReadonlySet<string> | null;
  readonly sources: ReadonlySet<string> | null;
}

interface Channel {
  readonly link: string | null;
  readonly source: string;
}

const isOfPeople = ({ people }: Chosen, member: MemberId | null): boolean =>
  people === null || (member !== null && people.has(member));
const isFrom = ({ links, sources }: Chosen, { link, source }: Channel): boolean =>
  (links === null || (link !== null && links.has(link))) && (sources === null || sources.has(source));
/** Whether what is this person's, and came by that channel, counts. */
export const isChosen = (chosen: Chosen, member: MemberId | null, channel: Channel): boolean =>
  isOfPeople(chosen, member) && isFrom(chosen, channel);

/** Milliseconds of half of them, and of nine of ten, at most; null where there are none. */
export interface Times {
  readonly count: number;
  readonly median: number | null;
  readonly p90: number | null;
}

export interface PersonFigures {
  readonly member: MemberId;
  readonly customers: number;
  readonly added: number;
  readonly lost: number;
  readonly active: number;
  readonly unanswered: number;
  readonly firstAnswer: number | null;
}

export interface Figures {
  /** When they were counted. */
  readonly at: number;
  readonly added: readonly number[];
  readonly lost: readonly number[];
  readonly active: readonly number[];
  /** Each customer once. */
  readonly activeInAll: number;
  readonly firstAnswer: Times;
  readonly firstAnswers: readonly (number | null)[];
  readonly resolution: Times;
  readonly resolutions: readonly (number | null)[];
  /** Waiting for less than an hour, less than four, less than a day, and longer. */
  readonly unanswered: readonly [number, number, number, number];
  readonly longestWait: number | null;
  /** Customers that are not ended. */
  readonly customers: number;
  /** Of those; null is who was never moved. */
  readonly stages: readonly { readonly stage: string | null; readonly count: number }[];
  /** Of who was added, the most first. */
  readonly sources: readonly { readonly source: string; readonly count: number }[];
  /** Who has most customers first, at most `mostPeople`. */
  readonly people: readonly PersonFigures[];
}

/** Times, counted in steps of two percent. */
class Spread {
  #count = 0;
  readonly #of = new Map<number, number>();

  add(milliseconds: number): void {
    const bucket = Math.floor(Math.log1p(Math.max(0, milliseconds) / 1000) / Math.log(1.02));
    this.#of.set(bucket, (this.#of.get(bucket) ?? 0) + 1);
    this.#count++;
  }

  at(share: number): number | null {
    if (this.#count === 0) return null;
    let left = Math.ceil(this.#count * share);
    for (const bucket of [...this.#of.keys()].sort((a, b) => a - b)) {
      left -= this.#of.get(bucket)!;
      if (left <= 0) return Math.round(1000 * (1.02 ** (bucket + 0.5) - 1));
    }
    return null;
  }

  get times(): Times {
    return { count: this.#count, median: this.at(0.5), p90: this.at(0.9) };
  }
}

interface Person {
  customers: number;
  added: number;
  lost: number;
  unanswered: number;
  readonly active: Set<number>;
  readonly answers: Spread;
}

export const barsOf = ({ from, to, step }: Period): number => Math.max(1, Math.ceil((to - from) / step));

export interface Counting {
  customer(customer: Customer): void;
  /** Those of one customer in the order in which they began. */
  talk(talk: OwnedTalk): void;
  figures(): Figures;
}

/** Counts whoever it is shown. `hoursOf`: of a link, as they are set now. */
export function startCounting(
  period: Period,
  chosen: Chosen,
  now: number,
  hoursOf: (link: string) => OfficeHours | null,
): Counting {
  const { from, to, step } = period;
  const bars = barsOf(period);
  const zeros = (): number[] => new Array<number>(bars).fill(0);
  const [added, lost, active] = [zeros(), zeros(), zeros()];
  const answer = new Spread();
  const resolution = new Spread();
  const answers = zeros().map(() => new Spread());
  const resolutions = zeros().map(() => new Spread());
  const unanswered: [number, number, number, number] = [0, 0, 0, 0];
  let longestWait: number | null = null;
  let customers = 0;
  const stages = new Map<string | null, number>();
  const sources = new Map<string, number>();
  const people = new Map<MemberId, Person>();
  /** The last bar that a customer counted in. */
  const lastBar = new Map<number, number>();

  const barOf = (at: number): number => Math.floor((at - from) / step);
  const isIn = (at: number | null): at is number => at !== null && at >= from && at < to;
  const isMeant = (member: MemberId | null): boolean => isOfPeople(chosen, member);
  const isOfChannel = (of: Channel): boolean => isFrom(chosen, of);

  const person = (member: MemberId | null): Person => {
    const id = member ?? ('' as MemberId);
    let found = people.get(id);
    if (!found) {
      found = { customers: 0, added: 0, lost: 0, unanswered: 0, active: new Set(), answers: new Spread() };
      people.set(id, found);
    }
    return found;
  };

  const waits = (since: number, owner: MemberId | null): void => {
    const waited = now - since;
    unanswered[waited < hour ? 0 : waited < 4 * hour ? 1 : waited < day ? 2 : 3]++;
    longestWait = Math.max(longestWait ?? 0, waited);
    person(owner).unanswered++;
  };

  return {
    customer(each) {
      if (!isOfChannel(each)) return;
      if (each.unansweredSince !== null && isMeant(each.owner)) waits(each.unansweredSince, each.owner);
      if (each.isPart) return;
      if (isIn(each.begunAt) && isMeant(each.firstOwner)) {
        added[barOf(each.begunAt)]!++;
        sources.set(each.source, (sources.get(each.source) ?? 0) + 1);
        person(each.firstOwner).added++;
      }
      if (!isMeant(each.owner)) return;
      if (isIn(each.endedAt)) {
        lost[barOf(each.endedAt)]!++;
        person(each.owner).lost++;
      }
      if (each.endedAt !== null) return;
      customers++;
      person(each.owner).customers++;
      stages.set(each.stage, (stages.get(each.stage) ?? 0) + 1);
    },
    talk(talk) {
      if (talk.since >= to || talk.since < from - longestTalk) return;
      if (!isMeant(talk.owner) || !isOfChannel(talk)) return;
      const last = Math.min(bars - 1, barOf(Math.max(talk.lastGuestAt, talk.lastAnswerAt ?? 0)));
      const first = Math.max(0, barOf(talk.since), (lastBar.get(talk.customer) ?? -1) + 1);
      if (last >= 0) person(talk.owner).active.add(talk.customer);
      for (let bar = first; bar <= last; bar++) active[bar]!++;
      if (last >= 0) lastBar.set(talk.customer, Math.max(last, lastBar.get(talk.customer) ?? -1));
      if (talk.since < from || talk.firstAnswerAt === null) return;
      const hours = talk.link === null ? null : hoursOf(talk.link);
      const waited = officeTime(hours, talk.since, talk.firstAnswerAt);
      answer.add(waited);
      answers[barOf(talk.since)]!.add(waited);
      person(talk.owner).answers.add(waited);
      if (!isOver(talk, now)) return;
      const took = officeTime(hours, talk.since, talk.lastAnswerAt!);
      resolution.add(took);
      resolutions[barOf(talk.since)]!.add(took);
    },
    figures: () => ({
      at: now,
      ...{ added, lost, active, activeInAll: lastBar.size },
      ...{ firstAnswer: answer.times, firstAnswers: answers.map((each) => each.at(0.5)) },
      ...{ resolution: resolution.times, resolutions: resolutions.map((each) => each.at(0.5)) },
      ...{ unanswered, longestWait, customers },
      stages: [...stages].map(([stage, count]) => ({ stage, count })),
      sources: [...sources]
        .map(([source, count]) => ({ source, count }))
        .sort((a, b) => b.count - a.count || (a.source < b.source ? -1 : 1)),
      people: [...people]
        .flatMap(([member, { active: those, answers: own, ...rest }]): PersonFigures[] =>
          member === '' ? [] : [{ member, ...rest, active: those.size, firstAnswer: own.at(0.5) }],
        )
        .sort((a, b) => b.customers - a.customers || b.added - a.added || (a.member < b.member ? -1 : 1))
        .slice(0, mostPeople),
    }),
  };
}
