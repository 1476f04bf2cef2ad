import { failure, type Failure } from '../../shared/base/errors.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { BoundMetrics, Bounds } from '../bounds.ts';
import type { BlobIndex } from './contract.ts';

/** How much is kept of all files and of each member's, against the bounds. */
export interface Usage {
  /** Whether so many more bytes of this member may come; `waiting` are those that have come and are no file yet. */
  mayTake(
    by: MemberId,
    more: number,
    waiting: { readonly bytes: number; readonly all: number },
  ): Result<true, Failure>;
  /** Counts a file that is about to get into the index. */
  added(hash: string, by: MemberId, size: number): void;
  /** Counts a file that has just left it. */
  removed(hash: string, by: MemberId, size: number): void;
}

export function createUsage(
  index: BlobIndex,
  bounds: Pick<Bounds, 'files' | 'memberFiles' | 'guestFiles'>,
  metrics: BoundMetrics,
): Usage {
  const found = index.usage();
  let all = found.all;
  const members = new Map(found.members);
  const tell = (): void => metrics.reached('files', all);
  tell();
  const boundOf = (by: MemberId) => (isGuest(by) ? ('guestFiles' as const) : ('memberFiles' as const));
  for (const [by, size] of members) metrics.reached(boundOf(by), size);

  const change = (hash: string, by: MemberId, size: number): void => {
    if (!index.has(hash)) all += size;
    if (!index.has(hash, by)) {
      const own = (members.get(by) ?? 0) + size;
      members.set(by, own);
      metrics.reached(boundOf(by), own);
    }
    tell();
  };
  return {
    mayTake(by, more, waiting) {
      const over =
        all + waiting.all + more > bounds.files
          ? 'files'
          : (members.get(by) ?? 0) + waiting.bytes + more > bounds[boundOf(by)]
            ? boundOf(by)
            : null;
      if (!over) return ok(true);
      metrics.struck(over);
      return err(
        failure(
          'quota-reached',
          over === 'files' ? 'the relay keeps no more files' : 'this member keeps no more files',
          { limit: bounds[over] },
        ),
      );
    },
    added: (hash, by, size) => change(hash, by, size),
    removed: (hash, by, size) => change(hash, by, -size),
  };
}
