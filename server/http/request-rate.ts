import { failure, type Failure } from '../../shared/base/errors.ts';
import type { BoundMetrics, Bounds } from '../bounds.ts';
import { createBucket, type Bucket } from './buckets.ts';

/** Why a request of a member (or of a network, where nobody is known) has to wait, counting it; null when it need not. */
export type RequestRate = (who: string) => Failure | null;

/** Members whose rate is remembered; beyond them those go who have not asked for a while. */
const mostRemembered = 10_000;

/** `of`: which of the bounds this is the rate of. */
export function createRequestRate(
  bounds: Bounds,
  metrics: BoundMetrics,
  of: 'memberRequests' | 'memberCards' | 'appRequests' = 'memberRequests',
): RequestRate {
  const members = new Map<string, Bucket>();
  return (member) => {
    let bucket = members.get(member);
    if (!bucket) {
      if (members.size >= mostRemembered)
        for (const [each, { isFull }] of members) if (isFull) members.delete(each);
      members.set(member, (bucket = createBucket(bounds[of])));
    }
    const wait = bucket.spend(1);
    if (wait === 0) return null;
    metrics.struck(of);
    // What is refused costs little: it must not make the wait longer and longer.
    bucket.spend(-1);
    const retryAfter = Math.ceil(wait / 1000);
    return failure('too-many-requests', 'this member asks too much at once', { retryAfter });
  };
}
