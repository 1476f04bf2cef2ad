import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { fingerprint } from './secrets.ts';

/** How many attempts may fail within `seconds` before the next one has to wait. */
export interface ThrottleLimits {
  readonly perAccount: number;
  readonly perNetwork: number;
  readonly seconds: number;
}

/** Ten tries for a person; a whole office behind one address may mistype now and then. */
export const defaultThrottle: ThrottleLimits = { perAccount: 10, perNetwork: 60, seconds: 600 };

/** An attempt that was counted. One that succeeds is taken off the count again. */
export interface Attempt {
  succeeded(): Promise<void>;
}

export interface Throttle {
  /** Why an attempt would be refused right now, without counting one; null when it would not. */
  refusal(network: string, account?: string): Promise<Failure | null>;
  /** Counts before the answer is known, so that a thousand guesses at once are a thousand guesses. */
  attempt(network: string, account?: string): Promise<Result<Attempt, Failure>>;
}

export function createThrottle({ perAccount, perNetwork, seconds }: ThrottleLimits): Throttle {
  const networks = new RateLimiterMemory({ points: perNetwork, duration: seconds });
  const accounts = new RateLimiterMemory({ points: perAccount, duration: seconds });
  const keyOf = (account: string | undefined): string | null =>
    account === undefined ? null : fingerprint(account).toString('base64url');
  const tooMany = ({ msBeforeNext }: RateLimiterRes): Failure =>
    failure('too-many-requests', 'too many attempts; wait before the next one', {
      retryAfter: Math.max(1, Math.ceil(msBeforeNext / 1000)),
    });

  return {
    async refusal(network, account) {
      const key = keyOf(account);
      const counted = [await networks.get(network), key === null ? null : await accounts.get(key)];
      const spent = counted.find((each) => each !== null && each.remainingPoints <= 0);
      return spent ? tooMany(spent) : null;
    },
    async attempt(network, account) {
      const key = keyOf(account);
      try {
        await networks.consume(network);
        if (key !== null) await accounts.consume(key);
      } catch (reason) {
        if (!(reason instanceof RateLimiterRes)) throw reason;
        return err(tooMany(reason));
      }
      return ok({
        async succeeded() {
          await networks.reward(network);
          if (key !== null) await accounts.delete(key);
        },
      });
    },
  };
}
