import type { MessageFile } from '../../../../shared/features/chat/attachment.ts';
import type { Failure } from '../../../../shared/base/errors.ts';
import type { RoomId } from '../../../../shared/base/ids.ts';
import { ok, type Result } from '../../../../shared/base/result.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { saveFile } from '../../../ui/save-file.ts';

/** Hands a file to the person: from this device when it is here or small enough to be kept here, else from the relay. */
export async function save(
  data: WorkspaceData,
  room: RoomId,
  { hash, name, size }: MessageFile,
  came: (bytes: number) => void,
): Promise<Result<true, Failure>> {
  const here = await data.files.here(room, hash);
  if (here || size <= data.files.streamsFrom) {
    const found = here ? ok(here) : await data.files.fetch(room, hash, came);
    if (!found.ok) return found;
    // As bytes to be saved: a browser must not open a page that somebody sent as one of ours.
    saveFile(new Blob([found.value], { type: 'application/octet-stream' }), name);
    return ok(true);
  }
  const there = await data.files.check(room, hash);
  if (!there.ok) return there;
  const link = document.createElement('a');
  link.href = data.files.address(room, hash, name);
  link.download = name;
  link.click();
  return ok(true);
}
