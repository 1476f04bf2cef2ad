import type { Fact } from '../../shared/access/kind.ts';
import type { Clock } from '../../shared/base/clock.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import type { AnyLogKind } from '../../shared/documents/registry.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { RelayStore } from '../storage/contract.ts';
import type { Access, Located } from './access.ts';
import { relayDevice, type Appended, type Appending, type Consequences } from './appending.ts';
import type { LogRooms } from './log-rooms.ts';

/** A fact that follows from an entry, ready to be stored with it. */
export type Followed = Appended['work'] & Consequences;

/** What another room has to say after a change of this one. */
export interface Lacking {
  readonly follower: Located & { readonly kind: AnyLogKind };
  readonly facts: readonly Fact[];
}

/** Rooms that say what follows from another one (`LogKind.leads`): a customer's conversation from their file. */
export interface Following {
  /** Null for a room that neither leads nor follows. Reads both, so that damage there is met. */
  lacking(located: Located): Lacking | null;
  /**
   * Appends and folds in what is lacking after an entry of this room, in the order in which it is to be stored: in the
   * same commit as the entry.
   */
  after(located: Located, by: MemberId): Followed[];
}

export function createFollowing(
  store: Pick<RelayStore, 'workspace'>,
  clock: Clock,
  access: Pick<Access, 'locate'>,
  logs: LogRooms,
  appending: Appending,
): Following {
  const nameOf = ({ kind, id }: { readonly kind: string; readonly id: string }): RoomId =>
    roomId(store.workspace, kind, id);

  const lacking = ({ kind, name, room }: Located): Lacking | null => {
    if (kind.class !== 'log' || name.part !== null) return null;
    const led = kind.ledBy?.(name) ?? null;
    if (!led && !kind.leads) return null;
    const leader = logs.open(led ? nameOf(led) : room);
    const { leads } = leader.kind;
    const follower = leads ? access.locate(nameOf(leads.follower(leader.name))) : null;
    if (!leads || follower?.kind.class !== 'log') return null;
    const facts = leads.lacks(leader.state, logs.open(follower.room).state);
    return { follower: { ...follower, kind: follower.kind }, facts };
  };

  return {
    lacking,
    after(located, by) {
      const found = lacking(located);
      return (found?.facts ?? []).map((fact) => {
        const { follower } = found!;
        const log = logs.open(follower.room);
        const said = { ...fact, id: appending.factId(log.head), by, at: clock.now() };
        const { entry, work } = appending.entry(log, said, relayDevice);
        return { ...work, ...appending.fold(follower, log, entry) };
      });
    },
  };
}
