import { isAdmin, type Role } from '../../shared/access/actor.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import type { Relay } from '../relay/contract.ts';

/** An administrator invites members; only an owner appoints owners and administrators, by invitation too. */
export function mayInvite(relay: Pick<Relay, 'actor'>, by: MemberId, role: Role): boolean {
  const actor = relay.actor(by);
  return actor?.active === true && (role === 'member' ? isAdmin(actor) : actor.role === 'owner');
}

export const inviteRefusal = (role: Role): Failure =>
  failure(
    'forbidden',
    role === 'member'
      ? 'only administrators invite people'
      : 'only an owner invites owners and administrators',
  );
