/* Files that come with a quick reply: they are kept where the reply is. */
import { settingsRoomId } from '../../../../shared/features/customers/settings.ts';
import { ownRoom } from '../../../../shared/features/personal/rooms.ts';
import type { QuickReply } from '../../../../shared/features/personal/schema.ts';
import { roomId } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';
import { t } from '../attachments/strings.ts';
import type { Tray } from '../attachments/tray.svelte.ts';

/** Puts them beside what is being written; the tray says which could not be had. */
export async function addReplyFiles(data: WorkspaceData, reply: QuickReply, tray: Tray): Promise<void> {
  const isOwn = Object.hasOwn(data.replies.items, reply.id);
  const kept = isOwn
    ? ownRoom(data.workspace, data.me, 'replies')
    : roomId(data.workspace, 'customers', settingsRoomId);
  let missing: string | null = null;
  for (const { hash, name, type } of reply.files ?? []) {
    const found = await data.files.fetch(kept, hash);
    if (found.ok) tray.add([new File([found.value], name, { type })], kept);
    else missing ??= t.replyFile({ name });
  }
  if (missing !== null) tray.problem = missing;
}
