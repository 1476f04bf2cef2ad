import {
  longestTalk,
  startCounting,
  type Chosen,
  type Figures,
  type Period,
} from '../../shared/features/customers/figures.ts';
import type { OfficeHours } from '../../shared/features/customers/settings-schema.ts';
import type { CountedTalk, CustomersTable } from '../storage/customers-contract.ts';

/** Milliseconds of one turn of the loop that counting takes from everybody else. */
const slice = 5;
/** Lines that are read at once: about a millisecond. */
const atOnce = 400;
/** Answers to one question are the same for so long, milliseconds. */
const keptFor = 5_000;
/** Questions that are answered at the same time; others wait. */
const mostAtOnce = 2;
const mostKept = 50;

export interface Question {
  /** Two questions that are the same have the same. */
  readonly key: string;
  readonly period: Period;
  readonly chosen: Chosen;
  hoursOf(link: string): OfficeHours | null;
}

/** Counts in small slices, and what several ask at once only once. */
export type Count = (question: Question) => Promise<Figures>;

export function createCount(table: CustomersTable, now: () => number): Count {
  const known = new Map<string, { readonly until: number; readonly figures: Promise<Figures> }>();
  let running = 0;
  const waiting: (() => void)[] = [];

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  const count = async ({ period, chosen, hoursOf }: Question): Promise<Figures> => {
    const counting = startCounting(period, chosen, now(), hoursOf);
    let since = performance.now();
    const pause = async (): Promise<void> => {
      if (performance.now() - since < slice) return;
      await turn();
      since = performance.now();
    };
    for (let after = -1; ;) {
      const some = table.counted(after, atOnce);
      for (const each of some) counting.customer(each);
      if (some.length < atOnce) break;
      after = some.at(-1)!.n;
      await pause();
    }
    for (let after: CountedTalk | null = null; ;) {
      const some = table.talks(period.from - longestTalk, period.to, after, atOnce);
      for (const each of some) counting.talk(each);
      if (some.length < atOnce) break;
      after = some.at(-1)!;
      await pause();
    }
    return counting.figures();
  };

  const inTurn = async (question: Question): Promise<Figures> => {
    if (running >= mostAtOnce) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await count(question);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return (question) => {
    const before = known.get(question.key);
    if (before && now() < before.until) return before.figures;
    if (known.size >= mostKept) known.clear();
    const figures = inTurn(question);
    known.set(question.key, { until: now() + keptFor, figures });
    figures.catch(() => known.delete(question.key));
    return figures;
  };
}
