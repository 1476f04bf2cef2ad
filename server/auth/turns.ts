import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, type Result } from '../../shared/base/result.ts';

/** Lets a few tasks run at once; the others wait, in order. */
export interface Turns {
  /** Refused with `too-many-requests` when too many are waiting already. */
  take<T>(task: () => Promise<Result<T, Failure>>): Promise<Result<T, Failure>>;
}

export function createTurns(atOnce: number, mostWaiting: number): Turns {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async take(task) {
      if (running >= atOnce) {
        if (waiting.length >= mostWaiting)
          return err(failure('too-many-requests', 'too many people are signing in', { retryAfter: 5 }));
        // Whoever ends hands its turn over, so the number of those running stays.
        await new Promise<void>((go) => waiting.push(go));
      } else running++;
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running--;
      }
    },
  };
}
