import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { HeldLease } from '../../shared/protocol/messages.ts';
import type { Bounds } from '../bounds.ts';
import type { DayCounts } from '../storage/day-counts.ts';
import type { Claim, Lease, RelayStore } from '../storage/contract.ts';
import { createAllowance } from './allowance.ts';
import type { Committer } from './commit.ts';
import type { Caller } from './contract.ts';
import type { RelayMetrics } from './metrics.ts';
import type { Receipts } from './receipts.ts';

/** Who writes under which Yjs client id: leases of devices, and claims of plain clients. */
export interface ClientIds {
  /** Draws ids for a device; told when they are durable. `too-many-requests` when it has drawn enough for a day. */
  draw(
    caller: Caller,
    count: number,
    done: (leases: readonly HeldLease[]) => void,
    failed: (f: Failure) => void,
  ): void;
  /**
   * Takes back leases that this relay has forgotten since it was restored; told, when they are durable, which of them
   * are the device's.
   */
  reclaim(
    caller: Caller,
    leases: readonly HeldLease[],
    done: (leases: readonly HeldLease[]) => void,
    failed: (f: Failure) => void,
  ): void;
  isLeasedTo(caller: Caller, client: number): boolean;
  /** Whether a plain client of the caller may use the id in the room: its own lease or claim, or nobody's yet. */
  mayClaim(caller: Caller, room: RoomId, client: number): boolean;
  /** The claim to store with the first update under the id; null when there is one or a lease. */
  claim(caller: Caller, room: RoomId, client: number): Claim | null;
  /** Whether what a member wrote under the id may be handed back to the room: nobody else holds it. */
  mayHandBack(member: MemberId, room: RoomId, client: number): boolean;
  /** Keeps a lost id for the member whose row came back, until the device reclaims it; null when it is kept already. */
  keep(member: MemberId, room: RoomId, client: number): Claim | null;
  /** Forgets claims that were not stored, and bounds the memory. */
  forgetClaims(): void;
}

const mostRemembered = 50_000;
const tooManyDrawn = failure('too-many-requests', 'enough client ids for one day');
/** Plain clients draw theirs from the 32 bits below, so the two never meet by chance. */
const lowest = 2 ** 32;
/** Ids rise with time, so a relay restored from a backup goes on above what it has forgotten. 53 bits last until 2109. */
const perMillisecond = 2 ** 11;

export interface ClientIdsDeps {
  readonly store: RelayStore;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly receipts: Receipts;
  readonly bounds: Pick<Bounds, 'deviceLeases' | 'memberLeases' | 'guestLeases'>;
  readonly metrics: RelayMetrics;
  readonly dayCounts?: DayCounts | undefined;
}

export function createClientIds(deps: ClientIdsDeps): ClientIds {
  const { store, committer, clock, receipts, bounds, metrics } = deps;
  const allowances = {
    deviceLeases: createAllowance(bounds.deviceLeases, clock),
    memberLeases: createAllowance(bounds.memberLeases, clock),
    guestLeases: createAllowance(bounds.guestLeases, clock, deps.dayCounts?.of('guestLeases')),
  };
  type Holder = NonNullable<ReturnType<RelayStore['leaseHolder']>>;
  const holders = new Map<number, Holder>();
  /** Those that are not stored yet, and those that are: these never change. */
  const claims = new Map<string, Caller['member']>();
  const storedClaims = new Map<string, Caller['member']>();
  /** Reclaimed and queued to be stored. */
  const reclaimed = new Map<number, Holder>();
  // A clock that was set back must not lead below what was given.
  let last = Math.max(lowest, store.highestLease());

  const holderOf = (client: number): Holder | null => {
    // Asked for every update of a plain client, whose ids are never leased.
    if (client < lowest) return null;
    const known = holders.get(client) ?? reclaimed.get(client);
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

  /** Counts ids that are drawn; false when they are too many for today, of the device or of all its member has. */
  const mayDraw = ({ device, member }: Caller, wanted: number): boolean => {
    const of = { deviceLeases: device, memberLeases: member, guestLeases: member };
    const counted = isGuest(member)
      ? (['guestLeases'] as const)
      : (['deviceLeases', 'memberLeases'] as const);
    for (const bound of counted) {
      const left = allowances[bound].left(of[bound]) - wanted;
      if (left >= 0) metrics.reached(bound, Math.ceil(bounds[bound] - left));
      else metrics.struck(bound);
      if (left < 0) return false;
    }
    for (const bound of counted) allowances[bound].use(of[bound], wanted);
    return true;
  };

  const claim = (member: MemberId, room: RoomId, client: number): Claim | null => {
    if (holderOf(client) || claimant(client, room) !== null) return null;
    claims.set(`${client}/${room}`, member);
    return { client, room, member, at: clock.now() };
  };

  return {
    draw(caller, count, done, failed) {
      const ids: number[] = [];
      const wanted = Math.min(Math.max(1, count), limits.leases);
      const { device, member } = caller;
      if (!mayDraw(caller, wanted)) return failed(tooManyDrawn);
      last = Math.max(last, clock.now() * perMillisecond);
      while (ids.length < wanted) if (!store.isClientTaken(++last)) ids.push(last);
      const leases = ids.map((client): Lease => ({ client, member, device, at: clock.now() }));
      const sealed = ids.map((id) => receipts.sealLease(caller, id));
      committer.enqueue({ leases, done: () => done(sealed), failed });
    },
    reclaim(caller, held, done, failed) {
      if (held.length > limits.handback) return failed(failure('too-large', 'too many ids at once'));
      const own: HeldLease[] = [];
      const leases: Lease[] = [];
      const { member, device } = caller;
      for (const lease of held) {
        const client = lease.id;
        if (!receipts.isOwnLease(caller, lease)) continue;
        last = Math.max(last, client);
        const holder = holderOf(client);
        if (holder && !isOwn(holder, caller)) continue;
        own.push(lease);
        if (holder) continue;
        leases.push({ client, member, device, at: clock.now() });
        reclaimed.set(client, { member, device });
      }
      const forget = (): void => leases.forEach(({ client }) => reclaimed.delete(client));
      committer.enqueue({
        leases,
        done() {
          forget();
          done(own);
        },
        failed(why) {
          forget();
          failed(why);
        },
      });
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
    claim: (caller, room, client) => claim(caller.member, room, client),
    mayHandBack(member, room, client) {
      const holder = holderOf(client)?.member ?? claimant(client, room);
      return holder === null || holder === member;
    },
    keep(member, room, client) {
      last = Math.max(last, client);
      return claim(member, room, client);
    },
    forgetClaims: () => claims.clear(),
  };
}
