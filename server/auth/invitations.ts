import { isAdmin, type Role } from '../../shared/access/actor.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Relay } from '../relay/contract.ts';
import type { Admit, NewPerson } from './admission.ts';
import type { AuthStore, Invitation } from './contract.ts';
import { fingerprint, newSecret } from './secrets.ts';

const day = 24 * 3_600_000;

export interface InvitationWish {
  readonly role: Role;
  readonly maxUses: number | null;
  readonly expiresInDays: number;
}

/** Links by which people join. `by` is always an active member; refusals are `forbidden`. */
export interface Invitations {
  list(by: MemberId): Result<Invitation[], Failure>;
  /** The code is told this once and stored nowhere. */
  create(by: MemberId, wish: InvitationWish): Result<{ readonly id: string; readonly code: string }, Failure>;
  revoke(by: MemberId, id: string): Result<true, Failure>;
  /** The invitation behind a code that can be used now: else `link-invalid` or `link-expired`. */
  look(code: string): Result<Invitation, Failure>;
  join(code: string, person: NewPerson): Promise<Result<MemberId, Failure>>;
}

export interface InvitationsDeps {
  readonly store: AuthStore;
  readonly relay: Pick<Relay, 'actor'>;
  readonly clock: Clock;
  readonly admit: Admit;
}

export function createInvitations({ store, relay, clock, admit }: InvitationsDeps): Invitations {
  /** Uses of people who are being stored right now. */
  const claims = new Map<string, number>();

  /** An administrator invites members; only an owner appoints owners and administrators, by invitation too. */
  function mayInvite(by: MemberId, role: Role): boolean {
    const actor = relay.actor(by);
    return actor?.active === true && (role === 'member' ? isAdmin(actor) : actor.role === 'owner');
  }
  const refusal = (role: Role): Failure =>
    failure(
      'forbidden',
      role === 'member'
        ? 'only administrators invite people'
        : 'only an owner invites owners and administrators',
    );

  function look(code: string): Result<Invitation, Failure> {
    const invitation = store.invitationByCode(fingerprint(code));
    if (!invitation) return err(failure('link-invalid', 'no such invitation'));
    const { id, uses, maxUses, expiresAt, revokedAt, createdBy, role } = invitation;
    const used = uses + (claims.get(id) ?? 0);
    if (revokedAt !== null || expiresAt <= clock.now() || (maxUses !== null && used >= maxUses))
      return err(failure('link-expired', 'the invitation was revoked, used up or has expired'));
    // An invitation is worth what the person who made it may do today.
    if (!mayInvite(createdBy, role))
      return err(failure('link-expired', 'the person who made the invitation may not invite any more'));
    return ok(invitation);
  }

  function claim(code: string, id: string): Result<true, Failure> {
    const usable = look(code);
    if (!usable.ok) return usable;
    claims.set(id, (claims.get(id) ?? 0) + 1);
    return ok(true);
  }

  function release(id: string): void {
    const left = (claims.get(id) ?? 1) - 1;
    if (left > 0) claims.set(id, left);
    else claims.delete(id);
  }

  return {
    look,
    list: (by) => (mayInvite(by, 'member') ? ok(store.invitations()) : err(refusal('member'))),
    create(by, { role, maxUses, expiresInDays }) {
      if (!mayInvite(by, role)) return err(refusal(role));
      const code = newSecret(128);
      const now = clock.now();
      const invitation: Invitation = {
        id: newId(),
        role,
        uses: 0,
        maxUses,
        expiresAt: now + expiresInDays * day,
        createdBy: by,
        createdAt: now,
        revokedAt: null,
      };
      store.insertInvitation(invitation, fingerprint(code));
      return ok({ id: invitation.id, code });
    },
    revoke(by, id) {
      const invitation = store.invitation(id);
      if (!mayInvite(by, 'member')) return err(refusal('member'));
      if (!invitation) return err(failure('not-found', 'no such invitation'));
      store.revokeInvitation(id, clock.now());
      return ok(true);
    },
    async join(code, person) {
      const usable = look(code);
      if (!usable.ok) return usable;
      const { id, role } = usable.value;
      return admit(person, {
        role,
        claim: () => claim(code, id),
        release: () => release(id),
        use() {
          if (!store.useInvitation(id)) throw new Error(`invitation ${id} was used more often than claimed`);
        },
      });
    },
  };
}
