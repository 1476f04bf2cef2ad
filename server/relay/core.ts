import type { Clock } from '../../shared/base/clock.ts';
import type { Limits } from '../../shared/protocol/limits.ts';
import type { Bounds } from '../bounds.ts';
import type { RelayStore } from '../storage/contract.ts';
import type { Access } from './access.ts';
import type { AwarenessHub } from './awareness.ts';
import type { CatchUp } from './catch-up.ts';
import type { ClientIds } from './client-ids.ts';
import type { Commands } from './commands.ts';
import type { Committer } from './commit.ts';
import type { Handback } from './handback.ts';
import type { Line } from './line.ts';
import type { RelayLog, RelayMetrics } from './metrics.ts';
import type { Outboxes } from './outbox.ts';
import type { Pulls } from './pulls.ts';
import type { DeviceSession, PlainSession } from './session.ts';
import type { TextRooms } from './text-rooms.ts';
import type { Updates } from './updates.ts';

/** Sockets that are open, with whoever has to be told when one comes or goes. */
export interface Roster<Session> {
  add(session: Session): void;
  remove(session: Session): void;
}

/** The parts of the relay that a socket works with. */
export interface Core {
  readonly store: RelayStore;
  readonly clock: Clock;
  readonly version: string;
  readonly bounds: Bounds;
  /** The part of the bounds that devices are told. */
  readonly limits: Limits;
  readonly log: RelayLog;
  readonly metrics: RelayMetrics;
  readonly access: Access;
  readonly committer: Committer;
  readonly commands: Commands;
  readonly updates: Updates;
  readonly handback: Handback;
  readonly ids: ClientIds;
  readonly texts: TextRooms;
  readonly catchUp: CatchUp;
  readonly pulls: Pulls;
  readonly awareness: AwarenessHub;
  readonly outboxes: Outboxes;
  readonly sessions: Roster<DeviceSession>;
  readonly plainSessions: Roster<PlainSession>;
  /** Goes on with something long in a later turn of the loop. */
  readonly inLine: Line;
  later(milliseconds: number, run: () => void): void;
  isStopping(): boolean;
}
