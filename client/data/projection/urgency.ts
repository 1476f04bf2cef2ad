import type { RoomId } from '../../../shared/base/ids.ts';
import { parseRoom } from '../../../shared/protocol/rooms.ts';

/**
 * What a person looks at first: people, then conversations with the own order of them, then lists of documents, then
 * their texts. A room comes after the one that decides its rights.
 */
export function urgency(room: RoomId): number {
  const name = parseRoom(room);
  if (name?.kind === 'directory') return 0;
  if (name?.kind === 'chat' || name?.kind === 'personal') return name.part ? 2 : 1;
  return name?.part ? 3 : 4;
}
