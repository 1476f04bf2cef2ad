import type { EntryTarget, LogEntry } from '../../../shared/access/kind.ts';
import { isOutsider } from '../../../shared/base/apps.ts';
import type { RoomId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { Resource } from '../../../shared/documents/decide.ts';
import { findRoom, governingRoom } from '../../../shared/documents/registry.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';

/** This device's copy as rules ask it. */
export interface Held {
  readonly workspace: WorkspaceId;
  readonly directory: DirectoryState;
  /** Milliseconds since 1970. */
  now(): number;
  stateOf(room: RoomId): unknown;
  entry(room: RoomId, target: EntryTarget): LogEntry | null | undefined;
}

/** What is decided about, as far as it is here; null for what is no room. */
export function resourceOf(room: RoomId, held: Held): Resource | null {
  const found = findRoom(room);
  if (!found) return null;
  const governing = governingRoom(room, found.kind);
  return {
    kind: found.kind,
    room: found.name,
    state: found.kind.class === 'log' ? held.stateOf(room) : null,
    governing: governing ? held.stateOf(governing) : null,
    at: held.now(),
    stateOf: (kind, id) => held.stateOf(roomId(held.workspace, kind, id)),
    isActiveMember: (id) => !isOutsider(id) && held.directory.members[id]?.leftAt === null,
    entry: (target) => held.entry(room, target),
  };
}
