import type { MemberId, RoomId, WorkspaceId } from '../../base/ids.ts';
import { roomId } from '../../protocol/rooms.ts';

export type OwnPart = 'saved' | 'todos' | 'notices' | 'replies' | 'segments';

/** A room of one member alone; without a part, how they arranged their conversations. */
export const ownRoom = (workspace: WorkspaceId, member: MemberId, part?: OwnPart): RoomId =>
  roomId(workspace, 'personal', member, part);
