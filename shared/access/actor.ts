import type { MemberId } from '../base/ids.ts';
import { err, ok, type Result } from '../base/result.ts';
import { failure, type ErrorCode, type Failure } from '../base/errors.ts';

/** Rights over the workspace itself, highest first. Rights in a room follow from the room's own state. */
export const roles = ['owner', 'admin', 'member'] as const;
export type Role = (typeof roles)[number];

/** What an app may be let do. Who may write may not read because of that. */
export const appRights = [
  'customers:read',
  'customers:write',
  'conversations:read',
  'conversations:write',
] as const;
export type AppRight = (typeof appRights)[number];

/** Who asks. A person who was removed is still an actor, one that may do nothing. */
export interface Actor {
  readonly member: MemberId;
  readonly role: Role;
  readonly active: boolean;
  /** A customer in their one conversation: not of those who are meant by everyone, whose role gives no rights. */
  readonly isGuest?: true;
  /** Another system, and what it may: it reads no room, and sends the commands that a kind names for it. */
  readonly may?: readonly AppRight[];
}

export type Decision = Result<true, Failure>;
export const allow: Decision = ok(true);
export const refuse = (code: ErrorCode, message: string): Decision => err(failure(code, message));

export const isAdmin = (actor: Actor): boolean =>
  !actor.isGuest && (actor.role === 'owner' || actor.role === 'admin');
