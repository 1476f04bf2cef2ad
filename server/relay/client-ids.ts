import type { Clock } from '../../shared/base/clock.ts';
import type { Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { Claim, Lease, RelayStore } from '../storage/contract.ts';
import type { Committer } from './commit.ts';
import type { Caller } from './contract.ts';

/** Who writes under which Yjs client id: leases of devices, and claims of plain clients. */
export interface ClientIds {
  /** Draws ids for a device; told when they are durable. */
  draw(
    caller: Caller,
    count: number,
    done: (ids: readonly number[]) => void,
    failed: (f: Failure) => void,
  ): void;
  isLeasedTo(caller: Caller, client: number): boolean;
  /** Whether a plain client of the caller may use the id in the room: its own lease or claim, or nobody's yet. */
  mayClaim(caller: Caller, room: RoomId, client: number): boolean;
  /** The claim to store with the first update under the id; null when there is one or a lease. */
  claim(caller: Caller, room: RoomId, client: number): Claim | null;
  /** Forgets claims that were not stored, and bounds the memory. */
  forgetClaims(): void;
}

const mostRemembered = 50_000;
/** Plain clients draw theirs from the 32 bits below, so the two never meet by chance. */
const lowest = 2 ** 32;
/** Ids rise with time, so a relay restored from a backup goes on above what it has forgotten. 53 bits last until 2109. */
const perMillisecond = 2 ** 11;

export function createClientIds(store: RelayStore, committer: Committer, clock: Clock): ClientIds {
  type Holder = NonNullable<ReturnType<RelayStore['leaseHolder']>>;
  const holders = new Map<number, Holder>();
  /** Those that are not stored yet, and those that are: these never change. */
  const claims = new Map<string, Caller['member']>();
  const storedClaims = new Map<string, Caller['member']>();
  let last = lowest;

  const holderOf = (client: number): Holder | null => {
    // Asked for every update of a plain client, whose ids are never leased.
    if (client < lowest) return null;
    const known = holders.get(client);
    if (known) return known;
    const found = store.leaseHolder(client);
    if (!found) return null;
    if (holders.size >= mostRemembered) holders.clear();
    holders.set(client, found);
    return found;
  };

  const claimant = (client: number, room: RoomId): Caller['member'] | null => {
    const key = `${client}/${room}`;
    const known = storedClaims.get(key) ?? claims.get(key);
    if (known !== undefined) return known;
    const found = store.claimHolder(client, room);
    if (found === null) return null;
    if (storedClaims.size >= mostRemembered) storedClaims.clear();
    storedClaims.set(key, found);
    return found;
  };

  const isOwn = (holder: Holder, caller: Caller): boolean =>
    holder.device === caller.device && holder.member === caller.member;

  return {
    draw(caller, count, done, failed) {
      const ids: number[] = [];
      const wanted = Math.min(Math.max(1, count), limits.leases);
      last = Math.max(last, clock.now() * perMillisecond);
      while (ids.length < wanted) if (!store.isClientTaken(++last)) ids.push(last);
      const leases = ids.map((client): Lease => ({
        client,
        member: caller.member,
        device: caller.device,
        at: clock.now(),
      }));
      committer.enqueue({ leases, done: () => done(ids), failed });
    },
    isLeasedTo(caller, client) {
      const holder = holderOf(client);
      return holder !== null && isOwn(holder, caller);
    },
    mayClaim(caller, room, client) {
      const holder = holderOf(client);
      if (holder) return isOwn(holder, caller);
      const held = claimant(client, room);
      // What is not leased yet may be leased any moment: from there up nothing is free.
      return held === null ? client < lowest : held === caller.member;
    },
    claim(caller, room, client) {
      if (holderOf(client) || claimant(client, room) !== null) return null;
      claims.set(`${client}/${room}`, caller.member);
      return { client, room, member: caller.member, at: clock.now() };
    },
    forgetClaims: () => claims.clear(),
  };
}
