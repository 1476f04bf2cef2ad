import type { RoomId } from '../../shared/base/ids.ts';

/**
 * Why storage cannot serve: somebody else has it open, it was written by a newer Weft, its bytes are damaged, or the
 * disk refuses. `unsure`: the disk failed to sync. What it had been given may be lost although it would say "done" when
 * asked again, so nothing more may be stored before all of it is read anew.
 */
export type StorageReason = 'locked' | 'newer' | 'damaged' | 'disk' | 'unsure';

export class StorageError extends Error {
  readonly reason: StorageReason;
  /** The one room that is damaged, where it is one. */
  readonly room: RoomId | null;

  constructor(
    reason: StorageReason,
    message: string,
    about: { readonly cause?: unknown; readonly room?: RoomId } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.name = 'StorageError';
    this.reason = reason;
    this.room = about.room ?? null;
  }
}
