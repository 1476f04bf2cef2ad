import { failure, type Failure } from '../../shared/base/errors.ts';
import { StorageError } from '../storage/storage-error.ts';
import { damagedRoom } from './quarantine.ts';

/** What somebody is told of an error that was thrown; the error itself goes to the log. */
export function failureOf(error: unknown): Failure {
  if (damagedRoom(error) !== null) return roomDamaged;
  return error instanceof StorageError
    ? failure('storage-failed', 'the relay could not read or store it')
    : failure('internal', 'the relay failed');
}

export const roomDamaged = failure('room-damaged', 'what is stored of this room is damaged');
