import type { Role } from '../../shared/access/actor.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import { memberOf } from '../../shared/features/directory/tree.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { Relay } from '../relay/contract.ts';
import type { Admission, NewPerson } from './admission.ts';
import type { AuthStore, Invitation } from './contract.ts';
import { inviteRefusal, mayInvite } from './may-invite.ts';
import type { Requests } from './requests.ts';
import { fingerprint, newSecret } from './secrets.ts';

const day = 24 * 3_600_000;

export interface InvitationWish {
  readonly role: Role;
  readonly maxUses: number | null;
  readonly expiresInDays: number;
  readonly approve: boolean;
}

/** What came of a form: a new member, or a request that somebody has to decide. */
export type Joined = { readonly member: MemberId } | { readonly waiting: true };

export interface MadeLink {
  readonly id: string;
  /** Told this once and stored nowhere. */
  readonly code: string;
}

/** Links by which people join. `by` is always an active member; refusals are `forbidden`. */
export interface Invitations {
  list(by: MemberId): Result<Invitation[], Failure>;
  create(by: MemberId, wish: InvitationWish): Promise<Result<MadeLink, Failure>>;
  /** A link for each of these people of the directory, who have not joined yet or have left; all or none. */
  createFor(
    by: MemberId,
    members: readonly MemberId[],
    expiresInDays: number,
  ): Promise<Result<(MadeLink & { readonly member: MemberId })[], Failure>>;
  revoke(by: MemberId, id: string): Promise<Result<true, Failure>>;
  /** The invitation behind a code that can be used now: else `link-invalid` or `link-expired`. */
  look(code: string): Result<Invitation, Failure>;
  join(code: string, person: NewPerson): Promise<Result<Joined, Failure>>;
}

export interface InvitationsDeps {
  readonly store: AuthStore;
  readonly relay: Pick<Relay, 'actor' | 'appendFact' | 'directory' | 'workspace'>;
  readonly clock: Clock;
  readonly admission: Admission;
  readonly requests: Pick<Requests, 'ask'>;
}

export function createInvitations(deps: InvitationsDeps): Invitations {
  const { store, relay, clock, admission, requests } = deps;
  const adminRoom = roomId(relay.workspace, 'directory', directoryRoomId, 'admin');
  /** Uses of people who are being stored right now. */
  const claims = new Map<string, number>();

  /** What the link is for today: a person may have been given another role since it was made. */
  function roleOf({ member, role }: Pick<Invitation, 'member' | 'role'>): Role {
    const waiting = member === null ? undefined : memberOf(relay.directory(), member);
    return waiting?.leftAt === null ? waiting.role : role;
  }

  /** Whether the place the link is for is still free: its person has not joined, or left before the link was made. */
  function isFree({ member, createdAt }: Invitation): boolean {
    if (member === null) return true;
    const place = memberOf(relay.directory(), member);
    if (!place) return false;
    return place.leftAt === null ? place.joinedAt === null : place.leftAt <= createdAt;
  }

  function look(code: string): Result<Invitation, Failure> {
    const invitation = store.invitationByCode(fingerprint(code));
    if (!invitation) return err(failure('link-invalid', 'no such invitation'));
    const { id, uses, maxUses, expiresAt, revokedAt, createdBy } = invitation;
    const used = uses + (claims.get(id) ?? 0);
    if (revokedAt !== null || expiresAt <= clock.now() || (maxUses !== null && used >= maxUses))
      return err(failure('link-expired', 'the invitation was revoked, used up or has expired'));
    if (!isFree(invitation))
      return err(failure('link-expired', 'the person it is for is in, or was removed'));
    // An invitation is worth what the person who made it may do today.
    const role = roleOf(invitation);
    if (!mayInvite(relay, createdBy, role))
      return err(failure('link-expired', 'the person who made the invitation may not invite any more'));
    return ok({ ...invitation, role });
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

  /** Stores the links and says in the log of administrators who made them, in one transaction. */
  async function make(
    by: MemberId,
    wish: InvitationWish,
    members: readonly (MemberId | null)[],
  ): Promise<(MadeLink & { readonly member: MemberId | null })[]> {
    const { role, maxUses, approve } = wish;
    const createdAt = clock.now();
    const expiresAt = createdAt + wish.expiresInDays * day;
    const links = members.map((member) => ({ id: newId(), code: newSecret(128), member }));
    const data = {
      invitations: links.map(({ id }) => id),
      ...{ role, maxUses, expiresAt, approve },
      members: members.filter((member) => member !== null),
    };
    await relay.appendFact(adminRoom, 'invitation.made', by, data, () => {
      for (const { id, code, member } of links) {
        const times = { expiresAt, createdBy: by, createdAt, revokedAt: null };
        const invitation = { id, role, uses: 0, maxUses, approve, member, ...times };
        store.insertInvitation(invitation, fingerprint(code));
      }
    });
    return links;
  }

  return {
    look,
    list: (by) => (mayInvite(relay, by, 'member') ? ok(store.invitations()) : err(inviteRefusal('member'))),
    async create(by, wish) {
      if (!mayInvite(relay, by, wish.role)) return err(inviteRefusal(wish.role));
      const [made] = await make(by, wish, [null]);
      return ok({ id: made!.id, code: made!.code });
    },
    async createFor(by, members, expiresInDays) {
      if (!mayInvite(relay, by, 'member')) return err(inviteRefusal('member'));
      const directory = relay.directory();
      for (const id of members) {
        const member = memberOf(directory, id);
        if (!member || (member.leftAt === null && member.joinedAt !== null))
          return err(failure('member-not-found', 'nobody who could join by a link of their own'));
        if (member.leftAt === null && !mayInvite(relay, by, member.role))
          return err(inviteRefusal(member.role));
      }
      // Whoever comes back is a member first; a role is given by those who may.
      const wish = { role: 'member' as const, maxUses: 1, expiresInDays, approve: false };
      const links = await make(by, wish, members);
      return ok(links.map((link, i) => ({ id: link.id, code: link.code, member: members[i]! })));
    },
    async revoke(by, id) {
      const invitation = store.invitation(id);
      if (!mayInvite(relay, by, 'member')) return err(inviteRefusal('member'));
      if (!invitation) return err(failure('not-found', 'no such invitation'));
      await relay.appendFact(adminRoom, 'invitation.revoked', by, { invitation: id }, () =>
        store.revokeInvitation(id, clock.now()),
      );
      return ok(true);
    },
    async join(code, person) {
      const usable = look(code);
      if (!usable.ok) return usable;
      const { id, role, member, approve } = usable.value;
      if (approve) return requests.ask(usable.value, person, () => look(code));
      const joined = await admission.admit(person, {
        ...{ role, member },
        claim: () => claim(code, id),
        release: () => release(id),
        use() {
          if (!store.useInvitation(id)) throw new Error(`invitation ${id} was used more often than claimed`);
        },
      });
      return joined.ok ? ok({ member: joined.value }) : joined;
    },
  };
}
