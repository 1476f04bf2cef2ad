import type { Actor } from '../../../shared/access/actor.ts';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import type { Resource } from '../../../shared/documents/decide.ts';
import { judgeAll, type NewCommand } from './judge-all.ts';

export interface RoomCommand {
  readonly room: RoomId;
  readonly id: CommandId;
  readonly type: string;
  readonly data: unknown;
}

/**
 * Commands of many rooms as they are queued, each judged as if those before it of the same room had been taken. Throws
 * `FailureError` at the first that is refused.
 */
export function judgeEach(
  actor: Actor,
  resourceOf: (room: RoomId) => Resource | null,
  commands: readonly RoomCommand[],
  at: number,
): NewCommand[] {
  const rooms = new Map<RoomId, RoomCommand[]>();
  for (const command of commands) {
    const those = rooms.get(command.room);
    if (those) those.push(command);
    else rooms.set(command.room, [command]);
  }
  return [...rooms].flatMap(([room, those]) => judgeAll(actor, room, resourceOf(room), those, at));
}
