import type { MemberId } from '../../base/ids.ts';
import { officeTime } from './hours.ts';
import { isChosen, type Chosen, type OwnedTalk, type Period } from './figures.ts';
import { isOver } from './service.ts';
import type { OfficeHours } from './settings-schema.ts';

/* The talks behind the times of figures, the longest first. */

export const slowBy = ['firstAnswer', 'resolution'] as const;
export type SlowBy = (typeof slowBy)[number];

export interface SlowTalk {
  /** The number of the customer. */
  readonly customer: number;
  /** When it began, milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds, in office hours where the link has some. */
  readonly took: number;
  /** Who answered it first. */
  readonly owner: MemberId | null;
}

interface Wish {
  readonly of: SlowBy;
  readonly period: Period;
  readonly chosen: Chosen;
  readonly now: number;
  hoursOf(link: string): OfficeHours | null;
  /** Those behind it. */
  readonly after: SlowTalk | null;
  readonly most: number;
}

const inOrder = (a: SlowTalk, b: SlowTalk): number =>
  b.took - a.took || b.since - a.since || b.customer - a.customer;

/** How long a talk took by that measure, as `startCounting` counts it; null where it does not count. */
function tookOf({ of, now, hoursOf }: Wish, talk: OwnedTalk): number | null {
  const { since, firstAnswerAt, lastAnswerAt, link } = talk;
  if (firstAnswerAt === null) return null;
  const hours = link === null ? null : hoursOf(link);
  if (of === 'firstAnswer') return officeTime(hours, since, firstAnswerAt);
  return isOver(talk, now) ? officeTime(hours, since, lastAnswerAt!) : null;
}

export interface Slowest {
  /** `owner`: who has the customer now. Who is with others meanwhile is not told. */
  talk(talk: OwnedTalk, owner: MemberId | null): void;
  talks(): readonly SlowTalk[];
}

/** Keeps the longest of whatever it is shown. */
export function startSlowest(wish: Wish): Slowest {
  const { period, chosen, after, most } = wish;
  let kept: SlowTalk[] = [];
  const cut = (): void => {
    kept = kept.sort(inOrder).slice(0, most);
  };
  return {
    talk(talk, now) {
      const { since, customer, owner, link, source } = talk;
      if (since < period.from || since >= period.to) return;
      if (!isChosen(chosen, owner, { link, source }) || !isChosen(chosen, now, { link, source })) return;
      const took = tookOf(wish, talk);
      if (took === null) return;
      const found = { customer, since, took, owner };
      if (after && inOrder(found, after) <= 0) return;
      kept.push(found);
      if (kept.length >= 4 * most) cut();
    },
    talks() {
      cut();
      return kept;
    },
  };
}
