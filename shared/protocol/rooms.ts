import { isId, type RoomId, type WorkspaceId } from '../base/ids.ts';

/** A room name taken apart: `<workspace>/<kind>/<id>[:<part>]`. */
export interface RoomName {
  readonly workspace: WorkspaceId;
  readonly kind: string;
  readonly id: string;
  readonly part: string | null;
}

const namePattern = /^([A-Za-z0-9_-]{1,64})\/([a-z]{1,32})\/([A-Za-z0-9_-]{1,64})(?::([a-z]{1,32}))?$/;
/** Longest name the pattern can match; anything longer is refused before it is looked at. */
const longestName = 64 + 1 + 32 + 1 + 64 + 1 + 32;

/** Null for whatever is not a room name: dots, NUL, empty parts, too long, not a string. */
export function parseRoom(name: unknown): RoomName | null {
  if (typeof name !== 'string' || name.length > longestName) return null;
  const match = namePattern.exec(name);
  if (!match) return null;
  return { workspace: match[1] as WorkspaceId, kind: match[2]!, id: match[3]!, part: match[4] ?? null };
}

export function roomId(workspace: WorkspaceId, kind: string, id: string, part?: string): RoomId {
  if (!isId(id)) throw new Error(`not an id: ${JSON.stringify(id).slice(0, 80)}`);
  return `${workspace}/${kind}/${id}${part ? `:${part}` : ''}` as RoomId;
}

/** The same thing's other room, for example a chat's `reads`. */
export const partOf = (room: RoomId, part: string | null): RoomId =>
  `${room.split(':', 1)[0]!}${part ? `:${part}` : ''}` as RoomId;
