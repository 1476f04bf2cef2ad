import { failure, type Failure } from '../../shared/base/errors.ts';
import { StorageError } from '../storage/storage-error.ts';

/** What somebody is told of an error that was thrown; the error itself goes to the log. */
export const failureOf = (error: unknown): Failure =>
  error instanceof StorageError
    ? failure('storage-failed', 'the relay could not read or store it')
    : failure('internal', 'the relay failed');
