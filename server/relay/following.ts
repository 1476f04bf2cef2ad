import type { Fact, NameOfRoom, Said } from '../../shared/access/kind.ts';
import type { Clock } from '../../shared/base/clock.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { AnyLogKind } from '../../shared/documents/registry.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { RelayStore } from '../storage/contract.ts';
import type { Access, Located } from './access.ts';
import { relayDevice, type Appended, type Appending, type Consequences } from './appending.ts';
import type { LogRoom, LogRooms } from './log-rooms.ts';

/** A fact that follows from an entry, ready to be stored with it. */
export type Followed = Appended['work'] & Consequences;

/** What another room has to say after a change of this one. */
export interface Lacking {
  readonly follower: Located & { readonly kind: AnyLogKind };
  readonly facts: readonly Fact[];
}

/** Rooms that say what follows from another one (`LogKind.leads`): a customer's conversation from their file. */
export interface Following {
  /**
   * What those rooms lack whose leader this one is, or whose leader it has, each when its turn comes: what one of them was
   * given meanwhile is seen by the next. To go through it reads all of them, so that damage there is met.
   */
  lacking(located: Located, said: Said | null): Generator<Lacking>;
  /** Reads all that follows from what is about to be said, so that damage there is met before anything is counted on. */
  look(located: Located, said: Said | null): void;
  /**
   * Appends and folds in what is lacking after an entry of this room, in the order in which it is to be stored: in the
   * same commit as the entry.
   */
  after(located: Located, said: Said): Followed[];
}

/** Rooms that lead one another, one above the other. */
const mostAbove = 4;

export function createFollowing(
  store: Pick<RelayStore, 'workspace'>,
  clock: Clock,
  access: Pick<Access, 'locate'>,
  logs: LogRooms,
  appending: Appending,
): Following {
  const nameOf = ({ kind, id }: NameOfRoom): RoomId => roomId(store.workspace, kind, id);

  /** The room, and before it those that it follows, the first first. */
  const chainOf = ({ room }: Located): RoomId[] => {
    const chain = [room];
    for (let log = logs.open(room); chain.length < mostAbove; log = logs.open(chain[0]!)) {
      const above = log.kind.ledBy?.(log.name, log.state) ?? null;
      if (!above || chain.includes(nameOf(above))) break;
      chain.unshift(nameOf(above));
    }
    return chain;
  };

  const between = (leader: LogRoom, name: NameOfRoom): Lacking | null => {
    const follower = access.locate(nameOf(name));
    if (!leader.kind.leads || follower?.kind.class !== 'log') return null;
    const facts = leader.kind.leads.lacks(leader.state, leader.name, logs.open(follower.room).state, name);
    return { follower: { ...follower, kind: follower.kind }, facts };
  };

  function* lacking(located: Located, said: Said | null): Generator<Lacking> {
    if (located.kind.class !== 'log' || located.name.part !== null) return;
    if (!located.kind.leads && !located.kind.ledBy) return;
    const chain = chainOf(located);
    const met = new Set<RoomId>();
    // A room may say that it follows one that does not know it.
    for (const [at, room] of chain.entries()) {
      const found = at === 0 ? null : between(logs.open(chain[at - 1]!), logs.open(room).name);
      if (!found) continue;
      met.add(room);
      yield found;
    }
    for (const room of chain) {
      const { name, state, kind } = logs.open(room);
      for (const each of kind.leads?.followers(name, state, room === located.room ? said : null) ?? []) {
        if (met.has(nameOf(each))) continue;
        met.add(nameOf(each));
        chain.push(nameOf(each));
        const found = between(logs.open(room), each);
        if (found) yield found;
      }
    }
  }

  return {
    lacking,
    look(located, said) {
      for (const _ of lacking(located, said)) continue;
    },
    after(located, said) {
      const all: Followed[] = [];
      for (const { follower, facts } of lacking(located, said))
        for (const fact of facts) {
          const log = logs.open(follower.room);
          const made = { ...fact, id: appending.factId(log.head), by: said.by, at: clock.now() };
          const { entry, work } = appending.entry(log, made, relayDevice);
          all.push({ ...work, ...appending.fold(follower, log, entry) });
        }
      return all;
    },
  };
}
