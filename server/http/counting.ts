import type { MemberId } from '../../shared/base/ids.ts';
import {
  startCounting,
  type Chosen,
  type Figures,
  type Period,
} from '../../shared/features/customers/figures.ts';
import type { OfficeHours } from '../../shared/features/customers/settings-schema.ts';
import type { CountedCustomer, CountedTalk, CustomersTable } from '../storage/customers-contract.ts';

/** Milliseconds of one turn of the loop that counting takes from everybody else. */
const slice = 5;
/** Lines that are read at once: about a millisecond. */
const atOnce = 400;
/** Answers to one question are the same for so long, milliseconds. */
const keptFor = 5_000;
/** Questions that are answered at the same time; others wait. */
const mostAtOnce = 2;
const mostKept = 50;
/** Questions of one person that wait for their answer, so that nobody keeps all others waiting. */
const mostOfOne = 8;

export interface Question {
  /** Two questions that are the same have the same. */
  readonly key: string;
  readonly by: MemberId;
  readonly period: Period;
  readonly chosen: Chosen;
  hoursOf(link: string): OfficeHours | null;
}

/** Counts in small slices, and what several ask at once only once. Null for who has asked too much at once. */
export type Count = (question: Question) => Promise<Figures> | null;

/** Gives others their turn after every slice. */
function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < slice) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}

interface Counted {
  readonly customer: CountedCustomer;
  readonly talks: readonly CountedTalk[];
}

/**
 * What is counted, in memory: reading it takes ten times as long as counting. It is read when somebody asks first, some
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
    // The same few owners, links and channels stand in all lines.
    const strings = new Map<string, string>();
    const one = <Text extends string | null>(text: Text): Text => {
      if (text === null) return text;
      const known = strings.get(text);
      if (known === undefined) strings.set(text, text);
      return (known ?? text) as Text;
    };
    const talks = new Map<number, CountedTalk[]>();
    for (let after: CountedTalk | null = null; ;) {
      const some = table.talks(after, atOnce);
      for (const talk of some) {
        const { owner, link, source } = talk;
        const kept = { ...talk, owner: one(owner), link: one(link), source: one(source) };
        const before = talks.get(talk.customer);
        if (before) before.push(kept);
        else talks.set(talk.customer, [kept]);
      }
      if (some.length < atOnce) break;
      after = some.at(-1)!;
      await pause();
    }
    for (let after = -1; ;) {
      const some = table.counted(after, atOnce);
      for (const customer of some) {
        const { owner, firstOwner, link, source, stage } = customer;
        const texts = { owner: one(owner), firstOwner: one(firstOwner), link: one(link), stage: one(stage) };
        const kept = { ...customer, ...texts, source: one(source) };
        all.set(customer.n, { customer: kept, talks: talks.get(customer.n) ?? [] });
      }
      if (some.length < atOnce) break;
      after = some.at(-1)!.n;
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

export function createCount(table: CustomersTable, now: () => number): Count {
  const mirror = createMirror(table);
  const known = new Map<string, { readonly until: number; readonly figures: Promise<Figures> }>();
  let running = 0;
  const waiting: (() => void)[] = [];

  const count = async ({ period, chosen, hoursOf }: Question): Promise<Figures> => {
    const all = await mirror();
    const counting = startCounting(period, chosen, now(), hoursOf);
    const pause = pauses();
    let seen = 0;
    for (const { customer, talks } of all.values()) {
      counting.customer(customer);
      for (const talk of talks) counting.talk(talk);
      if (++seen % atOnce === 0) await pause();
    }
    return counting.figures();
  };

  const asking = new Map<MemberId, number>();
  const asked = (by: MemberId, more: 1 | -1): void => {
    const now = (asking.get(by) ?? 0) + more;
    if (now > 0) asking.set(by, now);
    else asking.delete(by);
  };

  const inTurn = async (question: Question): Promise<Figures> => {
    asked(question.by, 1);
    if (running >= mostAtOnce) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await count(question);
    } finally {
      asked(question.by, -1);
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return (question) => {
    const before = known.get(question.key);
    if (before && now() < before.until) return before.figures;
    if ((asking.get(question.by) ?? 0) >= mostOfOne) return null;
    if (known.size >= mostKept) known.clear();
    const figures = inTurn(question);
    known.set(question.key, { until: now() + keptFor, figures });
    figures.catch(() => known.delete(question.key));
    return figures;
  };
}
