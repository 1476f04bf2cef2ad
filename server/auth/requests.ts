import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { newId, type MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { directoryRoomId } from '../../shared/features/directory/kind.ts';
import { addresses } from '../../shared/features/directory/people.ts';
import { memberOf } from '../../shared/features/directory/tree.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { Relay } from '../relay/contract.ts';
import type { Admission, NewPerson } from './admission.ts';
import type { AuthStore, Invitation } from './contract.ts';
import { normaliseEmail } from './emails.ts';
import { inviteRefusal, mayInvite } from './may-invite.ts';

/** Requests that wait at one time: nobody decides more, and a link that went astray must not fill the disk. */
const mostWaiting = 1_000;

/** People who ask to come in by an invitation that wants approval. */
export interface Requests {
  /** `still` is asked when the password was hashed, which takes a while. */
  ask(
    invitation: Invitation,
    person: NewPerson,
    still: () => Result<unknown, Failure>,
  ): Promise<Result<{ readonly waiting: true }, Failure>>;
  /** By whoever may invite in that role; `not-found` when it was decided before. */
  decide(by: MemberId, id: string, approve: boolean): Promise<Result<true, Failure>>;
}

export interface RequestsDeps {
  readonly store: AuthStore;
  readonly relay: Pick<Relay, 'actor' | 'appendFact' | 'directory' | 'workspace'>;
  readonly clock: Clock;
  readonly admission: Admission;
}

export function createRequests({ store, relay, clock, admission }: RequestsDeps): Requests {
  const adminRoom = roomId(relay.workspace, 'directory', directoryRoomId, 'admin');
  /** Requests that are being decided right now. */
  const deciding = new Set<string>();

  /** Who of the directory has this address and has not joined yet: whoever decides sees whose place it would be. */
  function placeOf(email: string): MemberId | null {
    const holder = addresses(relay.directory()).get(email);
    return holder !== undefined && memberOf(relay.directory(), holder)?.joinedAt === null ? holder : null;
  }

  const decided = (by: MemberId, request: string, approved: boolean, also?: () => void): Promise<void> =>
    relay.appendFact(adminRoom, 'join.decided', by, { request, approved }, also);

  const gone = failure('not-found', 'no such request, or somebody decided it before');

  return {
    async ask(invitation, person, still) {
      const email = normaliseEmail(person.email);
      const place = email === null ? null : placeOf(email);
      const checked = await admission.check(person, place);
      if (!checked.ok) return checked;
      const usable = still();
      if (!usable.ok) return err(usable.error);
      if (store.requestByEmail(checked.value.email))
        return err(failure('join-waiting', 'a request with this address waits already'));
      if (store.requestCount() >= mostWaiting)
        return err(failure('too-many-requests', 'too many requests wait to be decided'));
      const { name, email: address, hash } = checked.value;
      const request = { id: newId(), invitation: invitation.id, name, email: address, member: place };
      const said = { request: request.id, invitation: invitation.id, name, email: address, member: place };
      await relay.appendFact(adminRoom, 'join.asked', invitation.createdBy, said, () =>
        store.insertRequest({ ...request, password: hash, createdAt: clock.now() }),
      );
      return ok({ waiting: true });
    },
    async decide(by, id, approve) {
      const request = store.request(id);
      const role = (request && store.invitation(request.invitation)?.role) ?? 'member';
      if (!mayInvite(relay, by, role)) return err(inviteRefusal(role));
      if (!request || deciding.has(id)) return err(gone);
      deciding.add(id);
      try {
        if (!approve) {
          await decided(by, id, false, () => store.deleteRequest(id));
          return ok(true);
        }
        // Nobody gets a place that whoever decides was not shown: one made since then keeps its address.
        const member = placeOf(request.email) === request.member ? request.member : null;
        const joined = await admission.letIn(
          { name: request.name, email: request.email, hash: request.password },
          {
            ...{ role, member },
            claim: () => (store.request(id) ? ok(true) : err(gone)),
            release() {},
            // Whoever approves may invite: that the link has run out meanwhile does not matter.
            use: () => void store.useInvitation(request.invitation),
          },
        );
        if (!joined.ok) return err(joined.error);
        await decided(by, id, true, () => store.deleteRequest(id));
        return ok(true);
      } finally {
        deciding.delete(id);
      }
    },
  };
}
