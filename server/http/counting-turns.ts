import type { MemberId } from '../../shared/base/ids.ts';

/** Milliseconds of one turn of the loop that counting takes from everybody else. */
const slice = 5;
/** Answers to one question are the same for so long, milliseconds. */
const keptFor = 5_000;
/** Questions that are answered at the same time; others wait. */
const mostAtOnce = 2;
const mostKept = 50;
/** Questions of one person that wait for their answer, so that nobody keeps all others waiting. */
const mostOfOne = 8;

/** Gives others their turn after every slice. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < slice) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    since = performance.now();
  };
}

export interface CountingTurns {
  /** Does the work when it is its turn; what several ask at once only once. Null for who has asked too much at once. */
  once<Answer>(key: string, by: MemberId, work: () => Promise<Answer>): Promise<Answer> | null;
}

/** Who counts when: one for all that is counted in a relay. `now`: milliseconds since 1970. */
export function createCountingTurns(now: () => number): CountingTurns {
  const known = new Map<string, { readonly until: number; readonly answer: Promise<unknown> }>();
  let running = 0;
  const waiting: (() => void)[] = [];
  const asking = new Map<MemberId, number>();
  const asked = (by: MemberId, more: 1 | -1): void => {
    const count = (asking.get(by) ?? 0) + more;
    if (count > 0) asking.set(by, count);
    else asking.delete(by);
  };

  const inTurn = async <Answer>(by: MemberId, work: () => Promise<Answer>): Promise<Answer> => {
    asked(by, 1);
    if (running >= mostAtOnce) await new Promise<void>((go) => waiting.push(go));
    else running++;
    try {
      return await work();
    } finally {
      asked(by, -1);
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return {
    once<Answer>(key: string, by: MemberId, work: () => Promise<Answer>) {
      const before = known.get(key);
      if (before && now() < before.until) return before.answer as Promise<Answer>;
      if ((asking.get(by) ?? 0) >= mostOfOne) return null;
      if (known.size >= mostKept) known.clear();
      const answer = inTurn(by, work);
      known.set(key, { until: now() + keptFor, answer });
      answer.catch(() => known.delete(key));
      return answer;
    },
  };
}
