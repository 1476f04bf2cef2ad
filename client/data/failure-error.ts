import type { Failure } from '../../shared/base/errors.ts';

/** An expected failure where a promise has to reject: what went wrong is in `failure`, never in the text alone. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(`${failure.code}: ${failure.message}`);
    this.name = 'FailureError';
    this.failure = failure;
  }
}
