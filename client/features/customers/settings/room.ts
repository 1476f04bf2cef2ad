import type { RoomId } from '../../../../shared/base/ids.ts';
import { settingsRoomId } from '../../../../shared/features/customers/settings.ts';
import { roomId } from '../../../../shared/protocol/rooms.ts';
import type { WorkspaceData } from '../../../data/api.ts';

/** What the company sets for all of its customers. */
export const settingsRoom = (data: WorkspaceData): RoomId =>
  roomId(data.workspace, 'customers', settingsRoomId);
