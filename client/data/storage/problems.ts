import { failure, type Failure } from '../../../shared/base/errors.ts';
import { FailureError } from '../failure-error.ts';

const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What a browser's storage error means to a person: full, newer version, or not readable. */
export function storageFailure(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return failure('device-full', 'no room left on this device');
    case 'VersionError':
      return failure('device-outdated', 'the database belongs to a newer version');
    default:
      return failure('device-damaged', textOf(error).slice(0, 200));
  }
}

/** Programming errors stay what they are; everything the browser's storage throws becomes a `FailureError`. */
export function asStorageError(error: unknown): unknown {
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBug || error instanceof FailureError ? error : new FailureError(storageFailure(error));
}
