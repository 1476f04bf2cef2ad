import type { LogEntry } from '../../../shared/access/kind.ts';
import type { RoomId } from '../../../shared/base/ids.ts';

/** What tells an entry from all others, also after it was lost and came back. */
export const entryKey = (room: RoomId, { id }: LogEntry): string => `${room} ${id}`;
