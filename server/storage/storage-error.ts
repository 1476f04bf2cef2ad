/**
 * Why storage cannot serve: somebody else has it open, it was written by a newer Weft, its bytes are damaged, or the
 * disk refuses.
 */
export type StorageReason = 'locked' | 'newer' | 'damaged' | 'disk';

export class StorageError extends Error {
  readonly reason: StorageReason;

  constructor(reason: StorageReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StorageError';
    this.reason = reason;
  }
}
