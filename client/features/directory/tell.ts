import type { RoomId } from '../../../shared/base/ids.ts';
import { directoryRoomId } from '../../../shared/features/directory/kind.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { FailureError } from '../../data/failure-error.ts';
import { errorSentence } from '../../i18n/index.ts';
import { toasts } from '../../ui/toasts.svelte.ts';

export const roomOf = (data: WorkspaceData): RoomId => roomId(data.workspace, 'directory', directoryRoomId);

/** Sends a command of the directory and says how it ended, `done` if given; false when the rules refuse it. */
export async function tell(
  data: WorkspaceData,
  type: string,
  payload: unknown,
  done?: string,
): Promise<boolean> {
  try {
    await data.send(roomOf(data), type, payload);
    if (done !== undefined) toasts.show({ text: done, kind: 'done' });
    return true;
  } catch (cause) {
    const code = cause instanceof FailureError ? cause.failure.code : 'internal';
    toasts.show({ text: errorSentence(code), kind: 'danger' });
    return false;
  }
}

/** Whether the rules would let this person do it now. */
export const allowed = (data: WorkspaceData, type: string, payload: unknown): boolean =>
  data.may(roomOf(data), type, payload).ok;
