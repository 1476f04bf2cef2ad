import { directoryRoomId } from '../../../shared/features/directory/kind.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../data/api.ts';
import { FailureError } from '../../data/failure-error.ts';
import { errorSentence } from '../../i18n/index.ts';
import { toasts } from '../../ui/toasts.svelte.ts';

/** Sends a change of the directory and says in a note how it went; resolves to whether it was taken. */
export async function changeDirectory(
  data: WorkspaceData,
  type: string,
  payload: unknown,
  done: string,
): Promise<boolean> {
  try {
    await data.send(roomId(data.workspace, 'directory', directoryRoomId), type, payload);
    toasts.show({ text: done, kind: 'done' });
    return true;
  } catch (cause) {
    const code = cause instanceof FailureError ? cause.failure.code : 'internal';
    toasts.show({ text: errorSentence(code), kind: 'danger' });
    return false;
  }
}
