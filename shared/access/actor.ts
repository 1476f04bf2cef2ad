import type { MemberId } from '../base/ids.ts';
import { err, ok, type Result } from '../base/result.ts';
import { failure, type ErrorCode, type Failure } from '../base/errors.ts';

/** Rights over the workspace itself, highest first. Rights in a room follow from the room's own state. */
export const roles = ['owner', 'admin', 'member'] as const;
export type Role = (typeof roles)[number];

/** Who asks. A person who was removed is still an actor, one that may do nothing. */
export interface Actor {
  readonly member: MemberId;
  readonly role: Role;
  readonly active: boolean;
  /** A customer in their one conversation: not of those who are meant by everyone, whose role gives no rights. */
  readonly isGuest?: true;
}

export type Decision = Result<true, Failure>;
export const allow: Decision = ok(true);
export const refuse = (code: ErrorCode, message: string): Decision => err(failure(code, message));

export const isAdmin = (actor: Actor): boolean =>
  !actor.isGuest && (actor.role === 'owner' || actor.role === 'admin');
