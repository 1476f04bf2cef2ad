import type { Actor, Decision } from '../../shared/access/actor.ts';
import type { DeviceId, MemberId, RoomId, WorkspaceId } from '../../shared/base/ids.ts';
import type { DirectoryState } from '../../shared/features/directory/schema.ts';
import type { Command, CommandResult } from '../../shared/protocol/messages.ts';

/** Who is on the other side of a socket or request, as the session says. */
export interface Caller {
  readonly member: MemberId;
  readonly session: string;
  readonly device: DeviceId;
}

/** What sign-in, HTTP routes and jobs may ask of the relay. Sockets are inside it. */
export interface Relay {
  readonly workspace: WorkspaceId;
  readonly epoch: string;
  /** Null when the member is unknown. People who left are actors with `active: false`. */
  actor(member: MemberId): Actor | null;
  directory(): DirectoryState;
  mayRead(member: MemberId, room: RoomId): Decision;
  mayWrite(member: MemberId, room: RoomId): Decision;
  /** Judges, stores and answers one command; resolves when durable. */
  command(caller: Caller, command: Command): Promise<CommandResult>;
  /** Appends a fact of the relay's own (`kind.facts`); `also` runs inside the same transaction. */
  appendFact(room: RoomId, type: string, by: MemberId, data: unknown, also?: () => void): Promise<void>;
  /** Ends all sockets of a session, or of a member, at once; nothing is delivered or accepted after it returns. */
  endSession(session: string): void;
  endMember(member: MemberId): void;
  /** True when it can read and append; otherwise the reason. */
  health(): { readonly ok: true } | { readonly ok: false; readonly reason: string };
  /** Takes no more work, commits what is queued, closes sockets with "come back" (1012). */
  stop(): Promise<void>;
}

/** How the relay learns who is calling; implemented by `server/auth`. */
export interface Sessions {
  /** Null for a token that is unknown, ended or expired. */
  verify(token: string): Caller | null;
  /** Called when the relay saw the device, so that its list says when. */
  seen(session: string): void;
}
