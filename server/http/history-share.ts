import { failure, type Failure } from '../../shared/base/errors.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, type Result } from '../../shared/base/result.ts';

/** Questions to the history that one member may have waiting: eight people with many still find places at its desk. */
const most = 4;
/** Seconds after which asking again is sensible. */
const comeBack = 5;

/** Sees to it that nobody has all the places where people wait for the history. */
export interface HistoryShare {
  /** `too-many-requests` when the member has their share waiting already. */
  of<T>(member: MemberId, ask: () => Promise<Result<T, Failure>>): Promise<Result<T, Failure>>;
}

export function createHistoryShare(): HistoryShare {
  const waiting = new Map<MemberId, number>();
  return {
    async of(member, ask) {
      const own = waiting.get(member) ?? 0;
      if (own >= most)
        return err(
          failure('too-many-requests', 'wait for the answers to your questions', { retryAfter: comeBack }),
        );
      waiting.set(member, own + 1);
      try {
        return await ask();
      } finally {
        const left = waiting.get(member)! - 1;
        if (left > 0) waiting.set(member, left);
        else waiting.delete(member);
      }
    },
  };
}
