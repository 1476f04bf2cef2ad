import type { MemberId } from '../../shared/base/ids.ts';
import {
  startCounting,
  type Chosen,
  type Figures,
  type Period,
} from '../../shared/features/customers/figures.ts';
import { startSlowest, type SlowBy, type SlowTalk } from '../../shared/features/customers/slowest.ts';
import type { OfficeHours } from '../../shared/features/customers/settings-schema.ts';
import { pauses, type CountingTurns } from './counting-turns.ts';
import type { CountedCustomer, CountedTalk, CustomersTable } from '../storage/customers-contract.ts';

/** Lines that are read at once: about a millisecond. */
const atOnce = 400;
export interface Question {
  /** Two questions that are the same have the same. */
  readonly key: string;
  readonly by: MemberId;
  readonly period: Period;
  readonly chosen: Chosen;
  hoursOf(link: string): OfficeHours | null;
}

export interface SlowQuestion extends Question {
  readonly of: SlowBy;
  readonly after: SlowTalk | null;
  readonly most: number;
}

/** Counts in small slices, and what several ask at once only once. Null for who has asked too much at once. */
export interface Counts {
  /** Reads what will be counted, so that who asks first need not wait for it. */
  warm(): Promise<void>;
  figures(question: Question): Promise<Figures> | null;
  /** Talks by how long they took, the longest first, behind one of them. */
  slowest(question: SlowQuestion): Promise<readonly SlowTalk[]> | null;
}

interface Counted {
  readonly customer: CountedCustomer;
  readonly talks: CountedTalk[];
}

/**
 * What is counted, in memory: reading it takes several times as long as counting. It is read once, some
 * 200 bytes for each customer and talk, and of what was written since only that is read again.
 */
function createMirror(table: CustomersTable): () => Promise<ReadonlyMap<number, Counted>> {
  const all = new Map<number, Counted>();
  let loading: Promise<void> | null = null;

  const load = async (): Promise<void> => {
    // What is written from now on is read again.
    table.touched();
    all.clear();
    const pause = pauses();
    for (let after = -1; ;) {
      const some = table.counted(after, atOnce);
      for (const customer of some) all.set(customer.n, { customer, talks: [] });
      if (some.length < atOnce) break;
      after = some.at(-1)!.n;
      await pause();
    }
    for (let after: CountedTalk | null = null; ;) {
      const some = table.talks(after, atOnce);
      for (const talk of some) all.get(talk.customer)?.talks.push(talk);
      if (some.length < atOnce) break;
      after = some.at(-1)!;
      await pause();
    }
  };

  return async () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    await loading;
    const pause = pauses();
    try {
      for (const n of table.touched()) {
        const counted = table.countedOne(n);
        if (counted) all.set(n, counted);
        else all.delete(n);
        await pause();
      }
    } catch (error) {
      loading = null;
      throw error;
    }
    return all;
  };
}

/** What is shown every customer, and then says what came of it. */
interface Looking<Answer> {
  see(counted: Counted): void;
  answer(): Answer;
}

export function createCounts(table: CustomersTable, now: () => number, turns: CountingTurns): Counts {
  const mirror = createMirror(table);

  const through = async <Answer>(begin: () => Looking<Answer>): Promise<Answer> => {
    const all = await mirror();
    const looking = begin();
    const pause = pauses();
    let seen = 0;
    for (const counted of all.values()) {
      looking.see(counted);
      if (++seen % atOnce === 0) await pause();
    }
    return looking.answer();
  };
  const once = <Answer>(key: string, by: MemberId, begin: () => Looking<Answer>) =>
    turns.once(key, by, () => through(begin));

  return {
    warm: () =>
      mirror().then(
        () => undefined,
        // Whoever asks first meets it too.
        () => undefined,
      ),
    figures: ({ key, by, period, chosen, hoursOf }) =>
      once(`figures ${key}`, by, () => {
        const counting = startCounting(period, chosen, now(), hoursOf);
        return {
          see({ customer, talks }) {
            counting.customer(customer);
            for (const talk of talks) counting.talk(talk);
          },
          answer: () => counting.figures(),
        };
      }),
    slowest: ({ key, by, of, period, chosen, hoursOf, after, most }) =>
      once(`slowest ${of} ${most} ${JSON.stringify(after)} ${key}`, by, () => {
        const slowest = startSlowest({ of, period, chosen, now: now(), hoursOf, after, most });
        return {
          see({ customer, talks }) {
            for (const talk of talks) slowest.talk(talk, customer.owner);
          },
          answer: () => slowest.talks(),
        };
      }),
  };
}
