import type { CommandId, RoomId } from '../../../../shared/base/ids.ts';
import type { MessageMarks } from '../../../../shared/features/chat/marks.ts';
import type { WorkspaceData } from '../../../data/api.ts';

export type MarksOf = (room: RoomId, id: CommandId) => MessageMarks | null;

/** What became of messages of several conversations, read together. */
export async function marksByRoom(
  data: WorkspaceData,
  messages: readonly { readonly room: RoomId; readonly id: CommandId }[],
): Promise<MarksOf> {
  const ids = new Map<RoomId, CommandId[]>();
  for (const { room, id } of messages) {
    const ofRoom = ids.get(room);
    if (ofRoom) ofRoom.push(id);
    else ids.set(room, [id]);
  }
  const known = new Map(
    await Promise.all([...ids].map(async ([room, each]) => [room, await data.marks(room, each)] as const)),
  );
  return (room, id) => known.get(room)?.get(id) ?? null;
}
