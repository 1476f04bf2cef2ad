import { failure, type Failure } from '../../../shared/base/errors.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { readUpdate, type ReadUpdate } from './read-update.ts';
import { Unreadable } from './unreadable.ts';
import type { Sliced, Work } from './work.ts';

/** Reads the bytes alone: size (at most `largest`), form, values, names. Before any document is loaded. */
export function* readStrictly(
  bytes: Uint8Array,
  largest: number,
  work: Work,
): Sliced<Result<ReadUpdate, Failure>> {
  if (bytes.length > largest) return err(failure('too-large', 'the update is too large'));
  try {
    return ok(yield* readUpdate(bytes, work));
  } catch (error) {
    // lib0's errors and JSON that is none are malformed bytes all the same.
    if (error instanceof Unreadable) return err(failure(error.code, error.message));
    return err(failure('update-malformed', error instanceof Error ? error.message : 'cannot be decoded'));
  }
}
