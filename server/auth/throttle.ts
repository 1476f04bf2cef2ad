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
  /** Counts before the answer is known, so that a thousand guesses at once are a thousand guesses. */
  attempt(network: string, account?: string): Promise<Result<Attempt, Failure>>;
}

export function createThrottle({ perAccount, perNetwork, seconds }: ThrottleLimits): Throttle {
  const networks = new RateLimiterMemory({ points: perNetwork, duration: seconds });
  const accounts = new RateLimiterMemory({ points: perAccount, duration: seconds });
  return {
    async attempt(network, account) {
      const key = account === undefined ? null : fingerprint(account).toString('base64url');
      try {
        await networks.consume(network);
        if (key) await accounts.consume(key);
      } catch (reason) {
        if (!(reason instanceof RateLimiterRes)) throw reason;
        const retryAfter = Math.max(1, Math.ceil(reason.msBeforeNext / 1000));
        return err(
          failure('too-many-requests', 'too many attempts; wait before the next one', { retryAfter }),
        );
      }
      return ok({
        async succeeded() {
          await networks.reward(network);
          if (key) await accounts.delete(key);
        },
      });
    },
  };
}
