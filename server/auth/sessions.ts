import type { Clock } from '../../shared/base/clock.ts';
import { newId, type DeviceId, type MemberId } from '../../shared/base/ids.ts';
import type { Sessions } from '../relay/contract.ts';
import type { AuthStore, Session } from './contract.ts';
import { fingerprint, newSecret } from './secrets.ts';

const day = 24 * 3_600_000;
/** Milliseconds: without use, and in any case, after which a session is over. */
export interface SessionLimits {
  readonly idle: number;
  readonly longest: number;
}
export const defaultSessionLimits: SessionLimits = { idle: 30 * day, longest: 180 * day };
/** "Last seen" is as exact as this; writing each time would be a disk write per request. */
const seenEvery = 60_000;
const tokenShape = /^[A-Za-z0-9_-]{43}$/;

/** What a device says of itself when it signs in. */
export interface DeviceClaim {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}

export interface AuthSessions extends Sessions {
  /** A new session with a new token. A device has one session: an older one of the same device ends. */
  open(member: MemberId, device: DeviceClaim): { readonly token: string; readonly session: Session };
  list(member: MemberId): Session[];
  /** Whether this is the token of somebody who is no longer a member: their device then keeps nothing. */
  isOfFormerMember(token: string): boolean;
  /** False when the member has no such session. Sockets of the session are closed when this returns. */
  end(member: MemberId, session: string): boolean;
  endAll(member: MemberId): void;
  endOthers(member: MemberId, keep: string): void;
  /** Forgets what is long over. */
  tidy(): void;
}

export interface SessionsDeps {
  readonly store: AuthStore;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly relay: {
    actor(member: MemberId): { readonly active: boolean } | null;
    endSession(session: string): void;
    endMember(member: MemberId): void;
  };
}

export function createSessions({ store, clock, limits, relay }: SessionsDeps): AuthSessions {
  const seenAt = new Map<string, number>();
  const isOver = ({ seenAt: seen, createdAt }: Session): boolean =>
    Math.min(seen + limits.idle, createdAt + limits.longest) <= clock.now();

  function drop(session: string): void {
    store.deleteSession(session);
    seenAt.delete(session);
    relay.endSession(session);
  }

  const list = (member: MemberId): Session[] =>
    store.sessionsOf(member).filter((session) => !isOver(session));

  return {
    list,
    verify(token) {
      if (!tokenShape.test(token)) return null;
      const session = store.sessionByToken(fingerprint(token));
      if (!session || isOver(session) || !relay.actor(session.member)?.active) return null;
      return { member: session.member, session: session.id, device: session.device };
    },
    isOfFormerMember(token) {
      const session = tokenShape.test(token) ? store.sessionByToken(fingerprint(token)) : null;
      return session ? !relay.actor(session.member)?.active : false;
    },
    seen(session) {
      const now = clock.now();
      if (now - (seenAt.get(session) ?? -Infinity) < seenEvery) return;
      seenAt.set(session, now);
      try {
        store.touchSession(session, now);
      } catch {
        // A full disk must not keep people from reading; the next minute tries again.
      }
    },
    open(member, claim) {
      const wanted = (claim.id ?? newId()) as DeviceId;
      // Commands and leases are kept by device: nobody may go on under the device of somebody else.
      const device = store.claimDevice(wanted, member) === member ? wanted : newId<DeviceId>();
      if (device !== wanted) store.claimDevice(device, member);
      for (const older of store.sessionsOf(member)) if (older.device === device) drop(older.id);
      const now = clock.now();
      const session: Session = {
        id: newId(),
        member,
        device,
        deviceName: claim.name ?? '',
        createdAt: now,
        seenAt: now,
      };
      const token = newSecret(256);
      store.insertSession(session, fingerprint(token));
      return { token, session };
    },
    end(member, id) {
      const session = store.sessionsOf(member).find((each) => each.id === id);
      if (session) drop(session.id);
      return session !== undefined;
    },
    endAll(member) {
      for (const session of store.sessionsOf(member)) drop(session.id);
      relay.endMember(member);
    },
    endOthers(member, keep) {
      for (const session of store.sessionsOf(member)) if (session.id !== keep) drop(session.id);
    },
    tidy() {
      store.deleteSessionsSeenBefore(clock.now() - limits.idle);
      store.deleteSessionsMadeBefore(clock.now() - limits.longest);
      seenAt.clear();
    },
  };
}
