import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { findRoom, type AnyKind } from '../../shared/documents/registry.ts';
import type { AppDeps } from './deps.ts';
import { refuse, take } from './refusals.ts';

export interface Target {
  readonly room: RoomId;
  readonly kind: AnyKind;
}

function known({ relay }: AppDeps, room: string): Target {
  const found = findRoom(room);
  if (!found || found.name.workspace !== relay.workspace) return refuse('room-not-found', 'no such room');
  return { room: room as RoomId, kind: found.kind };
}

/** A room of this workspace that the member may read, else a refusal. */
export function readableRoom(deps: AppDeps, member: MemberId, room: string): Target {
  const target = known(deps, room);
  take(deps.relay.mayRead(member, target.room));
  return target;
}

/** Whether a reader of the room may have this file of it. */
export function mayHave({ relay }: AppDeps, member: MemberId, { room, kind }: Target, hash: string): boolean {
  return kind.class === 'text' || !kind.faces || kind.faces(relay.state(room), member, hash);
}

/** The same for keeping a file with the room. */
export function roomForFiles(deps: AppDeps, member: MemberId, room: string): Target {
  const target = known(deps, room);
  take(deps.relay.mayAttach(member, target.room));
  return target;
}

/** The same for writing a text. */
export function writableRoom(deps: AppDeps, member: MemberId, room: string): Target {
  const target = known(deps, room);
  take(deps.relay.mayWrite(member, target.room));
  return target;
}
