import type { JobContext, JobFact } from '../../shared/access/kind.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { isOutsider } from '../../shared/base/apps.ts';
import type { CustomerId, RoomId } from '../../shared/base/ids.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import type { CustomersTable } from '../storage/customers-contract.ts';
import type { Access } from './access.ts';
import type { Commands } from './commands.ts';
import type { RelayFact, RoomFiles } from './contract.ts';
import type { Following } from './following.ts';
import type { Line } from './line.ts';
import type { LogRooms } from './log-rooms.ts';
import type { RelayLog } from './metrics.ts';
import { damagedRoom } from './quarantine.ts';

/** Milliseconds that a portion should take: half of what a turn of the relay may. */
const wanted = 5;
const fewest = 4;
const most = 64;
/** Milliseconds until a portion is tried again that could not be stored. */
const againAfter = 5_000;
/** Timers go no further than some weeks, and clocks are set. Milliseconds. */
const longestPause = 3_600_000;

/** Work of rooms in other rooms (`LogKind.job`), a portion in a turn of the loop, one room after the other. */
export interface Jobs {
  /** Goes on with what was not over when the relay ended. */
  resume(): void;
  /** These rows are stored and shown: there may be something to do. */
  stored(rows: readonly StoredRow[]): void;
}

/** Whose customers are whose. */
export type JobCustomers = Pick<CustomersTable, 'line' | 'lines' | 'count'>;

export interface JobsDeps {
  readonly store: Pick<RelayStore, 'workspace' | 'openJobs'>;
  /** Without it nobody has any. */
  readonly customers: JobCustomers | undefined;
  readonly clock: Clock;
  readonly access: Pick<Access, 'actor' | 'locate' | 'nameOf'>;
  readonly logs: Pick<LogRooms, 'open'>;
  readonly following: Pick<Following, 'look'>;
  readonly commands: Pick<Commands, 'appendFacts'>;
  readonly log: RelayLog;
  readonly inLine: Line;
  later(milliseconds: number, run: () => void): void;
  isStopping(): boolean;
  /** Null where they are not known yet. */
  files(): RoomFiles | null;
}

export function createJobs(deps: JobsDeps): Jobs {
  const {
    store,
    customers,
    clock,
    access,
    logs,
    following,
    commands,
    log,
    inLine,
    later,
    isStopping,
    files,
  } = deps;
  const queue = new Set<RoomId>();
  let isRunning = false;
  let portion = fewest;

  const unlessDamaged = <T>(work: () => T): T | null => {
    try {
      return work();
    } catch (error) {
      if (damagedRoom(error) === null) throw error;
      return null;
    }
  };

  const named = ({ kind, id, part }: Pick<JobContext['room'], 'kind' | 'id' | 'part'>): RoomId =>
    roomId(store.workspace, kind, id, part ?? undefined);

  const read = (room: RoomId): unknown =>
    unlessDamaged(() => {
      const located = access.locate(room);
      if (!located) throw new Error(`no such room: ${room}`);
      following.look(located, null);
      return logs.open(room).state;
    });

  const customersOf: JobContext['customersOf'] = (member, after, mostOfThem) => {
    const n = after === null ? 0 : (customers?.line(after)?.n ?? 0);
    const cursor = after === null ? null : { at: n, n };
    const lines = customers?.lines({ owners: [member] }, 'n', cursor, mostOfThem) ?? [];
    return lines.map(({ id }) => id as CustomerId);
  };

  const asFact = (own: RoomId, { room, files: _, ...said }: JobFact): RelayFact => ({
    ...said,
    room: room ? named(room) : own,
  });

  /** True when there may be more to do. */
  const step = (room: RoomId): boolean => {
    const located = access.locate(room);
    const opened = located && unlessDamaged(() => logs.open(room));
    if (!opened?.kind.job?.isOpen(opened.state)) return false;
    const facts = opened.kind.job.next(opened.state, {
      room: opened.name,
      at: clock.now(),
      most: portion,
      read: (name) => read(named(name)),
      isActiveMember: (member) => !isOutsider(member) && (access.actor(member)?.active ?? false),
      nameOf: access.nameOf,
      customersOf,
      loadOf: (member) => customers?.count({ owners: [member], isEnded: false }) ?? 0,
    });
    if (facts === null) return false;
    if ('until' in facts) {
      later(Math.min(facts.until - clock.now(), longestPause), () => add(room));
      return false;
    }
    const shared = facts.flatMap((fact) =>
      (fact.files ?? []).map((hash) => ({ hash, to: asFact(room, fact).room })),
    );
    const kept = shared.length > 0 ? files() : null;
    if (!shared.every(({ hash }) => kept?.has(room, hash))) {
      // They are on their way.
      later(againAfter, () => add(room));
      return false;
    }
    if (!facts.some((fact) => !fact.room)) throw new Error(`a portion without progress: ${room}`);
    commands.appendFacts(
      facts.map((fact) => asFact(room, fact)),
      () => {
        for (const { to, hash } of shared) kept!.share(room, to, hash);
      },
    );
    return true;
  };

  const measured = (room: RoomId): boolean => {
    const started = performance.now();
    const isMore = step(room);
    const took = performance.now() - started;
    if (took > wanted) portion = Math.max(fewest, Math.floor(portion / 2));
    else if (took < wanted / 2) portion = Math.min(most, portion * 2);
    return isMore;
  };

  const run = (): void => {
    const [room] = queue;
    isRunning = false;
    if (room === undefined || isStopping()) return;
    queue.delete(room);
    try {
      // At the end of the queue, so that no job waits for all of another one.
      if (measured(room)) queue.add(room);
    } catch (error) {
      log.error({ err: error, room }, 'a portion of a job failed; it is tried again');
      later(againAfter, () => add(room));
    }
    plan();
  };

  const plan = (): void => {
    if (isRunning || queue.size === 0 || isStopping()) return;
    isRunning = true;
    inLine(run);
  };

  const add = (room: RoomId): void => {
    queue.add(room);
    plan();
  };

  return {
    resume() {
      for (const room of store.openJobs()) add(room);
    },
    stored(rows) {
      for (const { room } of rows) {
        const kind = access.locate(room)?.kind;
        if (kind?.class === 'log' && kind.job?.isOpen(logs.open(room).state)) add(room);
      }
    },
  };
}
