import type { LogEntry } from '../../../shared/access/kind.ts';
import type { RoomId } from '../../../shared/base/ids.ts';

/** Facts get another id where they come back; what they say stays. */
export const entryKey = (room: RoomId, { id, type, by, at, data }: LogEntry): string =>
  id.startsWith('fact-') ? `${room} ${type} ${by} ${at} ${JSON.stringify(data)}` : `${room} ${id}`;
