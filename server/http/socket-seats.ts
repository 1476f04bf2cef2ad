import { failure, type Failure } from '../../shared/base/errors.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Bound, BoundMetrics, Bounds } from '../bounds.ts';
import { createBucket, type Bucket } from './buckets.ts';

/** The place of one socket among all that may be open. */
export interface Seat {
  /** The stranger has said who they are. Refused when that member has too many sockets. */
  known(member: MemberId): Result<true, Failure>;
  /** The same for all sockets of a member; of a stranger its own. */
  readonly owner: object;
  /** Counts one message; milliseconds for which no more may be read, 0 mostly. */
  spend(bytes: number): number;
  /** The socket is gone. Once is enough, and more does no harm. */
  leave(): void;
}

export interface Seats {
  /** Asked before the upgrade. `member` is null for a stranger, who is counted by network until `known`. */
  take(network: string, member: MemberId | null): Result<Seat, Failure>;
}

interface Rate {
  readonly messages: Bucket;
  readonly bytes: Bucket;
}
interface Table {
  sockets: number;
  readonly rate: Rate;
}

/** Seconds after which a refused socket may try again. */
const retryAfter = 10;

export function createSeats(bounds: Bounds, metrics: BoundMetrics): Seats {
  const members = new Map<MemberId, Table>();
  const networks = new Map<string, number>();
  let all = 0;
  let strangers = 0;

  const full = (bound: Bound, what: string): Result<never, Failure> => {
    metrics.struck(bound);
    return err(failure('too-many-sockets', `${what}; at most ${bounds[bound]}`, { retryAfter }));
  };

  const rateOf = (messages: number, bytes: number): Rate => ({
    messages: createBucket(messages),
    bytes: createBucket(bytes),
  });

  const join = (member: MemberId): Result<Table, Failure> => {
    let table = members.get(member);
    const bound = isGuest(member) ? 'guestSockets' : 'socketsPerMember';
    if (table && table.sockets >= bounds[bound]) return full(bound, 'this member has too many sockets open');
    if (!table) {
      table = { sockets: 0, rate: rateOf(bounds.memberMessages, bounds.memberBytes) };
      members.set(member, table);
    }
    table.sockets++;
    metrics.reached(bound, table.sockets);
    return ok(table);
  };

  /** Counts a stranger in or out. */
  const stranger = (network: string, change: 1 | -1): void => {
    strangers += change;
    metrics.reached('strangers', strangers);
    const here = (networks.get(network) ?? 0) + change;
    if (here > 0) networks.set(network, here);
    else networks.delete(network);
    metrics.reached('strangersPerNetwork', here);
  };

  return {
    take(network, first) {
      if (all >= bounds.sockets) return full('sockets', 'too many sockets are open');
      let member = first;
      let table: Table | null = null;
      if (member === null) {
        if (strangers >= bounds.strangers)
          return full('strangers', 'too many sockets have said no hello yet');
        if ((networks.get(network) ?? 0) >= bounds.strangersPerNetwork)
          return full('strangersPerNetwork', 'too many sockets of this network have said no hello yet');
        stranger(network, 1);
      } else {
        const joined = join(member);
        if (!joined.ok) return joined;
        table = joined.value;
      }
      metrics.reached('sockets', ++all);
      const own = rateOf(bounds.socketMessages, bounds.socketBytes);
      let left = false;

      const pay = (bucket: Bucket, amount: number, bound: Bound): number => {
        const wait = bucket.spend(amount);
        if (wait > 0) metrics.struck(bound);
        return wait;
      };

      return ok({
        get owner() {
          return table ?? own;
        },
        known(who) {
          if (left || member !== null) return ok(true);
          const joined = join(who);
          if (!joined.ok) return joined;
          stranger(network, -1);
          [member, table] = [who, joined.value];
          return ok(true);
        },
        spend(bytes) {
          const wait = Math.max(pay(own.messages, 1, 'socketMessages'), pay(own.bytes, bytes, 'socketBytes'));
          if (!table) return wait;
          return Math.max(
            wait,
            pay(table.rate.messages, 1, 'memberMessages'),
            pay(table.rate.bytes, bytes, 'memberBytes'),
          );
        },
        leave() {
          if (left) return;
          left = true;
          metrics.reached('sockets', --all);
          if (member === null || !table) stranger(network, -1);
          else if (--table.sockets === 0) members.delete(member);
        },
      });
    },
  };
}
