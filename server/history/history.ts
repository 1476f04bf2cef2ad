import { failure } from '../../shared/base/errors.ts';
import { err, ok } from '../../shared/base/result.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { RelayLog, RelayMetrics } from '../relay/metrics.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import type { Writing } from '../storage/history-contract.ts';
import { StorageError } from '../storage/storage-error.ts';
import { packWritings } from './author-index.ts';
import { createAuthorship } from './authorship.ts';
import { createCheckpoints } from './checkpoints.ts';
import type { AttributionQuery, History } from './contract.ts';
import { createDesk, DeskFull } from './desk.ts';
import { DamagedBytes } from './packs.ts';
import { readText } from './readings.ts';
import { createRetention } from './retention.ts';
import { createTimeTravel } from './time-travel.ts';
import type { WorkshopCalls, WorkshopHost } from './workshop.ts';

/** Rows for which it is looked at once who wrote them, without being asked. */
const indexEvery = 1_000;
/** Housekeeping waits this long between steps, ten times what one takes: people’s work comes first. Milliseconds. */
const breath = 20;
/** Lines of the index handed over in one go. */
const page = 2_000;
/** Seconds after which asking again is sensible when too many wait. */
const comeBack = 5;

export interface HistoryDeps {
  readonly store: RelayStore;
  readonly workshop: WorkshopHost;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  /** Days for which the rows of texts are kept one by one; 0: for ever. */
  readonly keepDays: number;
  now(): number;
  /** The end of a turn of the event loop. */
  defer(run: () => void): void;
  later(milliseconds: number, run: () => void): void;
  /** How many bytes a text is. */
  measured(room: RoomId, bytes: number): void;
  isStopping(): boolean;
}

/** The history of all rooms, and what the relay tells it. */
export interface KeptHistory extends History {
  /** These rows are durable. Cheap. */
  stored(rows: readonly StoredRow[]): void;
  /** Makes a checkpoint of a text now; false when there is nothing to do. */
  compact(room: RoomId): Promise<boolean>;
}

export function createHistory(deps: HistoryDeps): KeptHistory {
  const { store, workshop, metrics, log, keepDays, now, defer, later, measured, isStopping } = deps;
  const { history } = store;
  const turn = (): Promise<void> => new Promise((resolve) => defer(resolve));
  const pause = (): Promise<void> => {
    store.tidy();
    return new Promise((resolve) => later(breath, resolve));
  };

  const desk = createDesk(workshop, metrics.historyQueue);
  const authorship = createAuthorship(history, desk, log);
  const checkpoints = createCheckpoints({ store, desk, metrics, log, pause, later, measured, isStopping });
  const retention = createRetention({
    store: history,
    desk,
    metrics,
    log,
    pause,
    keepDays,
    now,
    isStopping,
  });
  const travel = createTimeTravel(store, desk, turn);

  /** The index of one room, brought into the workshop. */
  const readAuthors = async (room: RoomId, calls: WorkshopCalls): Promise<void> => {
    for (let after: Writing | null = null; ;) {
      const some: Writing[] = history.writings(room, after, page);
      if (some.length === 0) break;
      await calls.takeWritings(packWritings(some));
      after = some.at(-1)!;
      await turn();
    }
    for (let after = 0; ;) {
      const some = history.deletions(room, after, page);
      if (some.length === 0) break;
      await calls.takeDeletions(packWritings(some));
      after = some.at(-1)!.id!;
      await turn();
    }
  };

  const attribution = async (room: RoomId, query: AttributionQuery) => {
    // Where a row of any room cannot be read, what is known already is told all the same.
    await quietly('the index of authors is behind', () => authorship.catchUp(turn));
    return desk.forSomebody(async (calls) => {
      await readText(history, room, Number.MAX_SAFE_INTEGER, calls, turn);
      await readAuthors(room, calls);
      const answer = await calls.attribution(query);
      return answer ? ok(answer) : err(failure('not-found', 'the path leads nowhere in this document'));
    });
  };

  /** What somebody asked for, with the expected ways to fail as such. */
  const answered = async <T>(room: RoomId, work: Promise<T>) => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof DeskFull)
        return err(failure('too-many-requests', error.message, { retryAfter: comeBack }));
      // The past is damaged: the room itself may be well, read from a checkpoint behind it.
      const isDamaged = error instanceof StorageError && error.reason === 'damaged' && !error.room;
      if (isDamaged || error instanceof DamagedBytes)
        throw new StorageError('damaged', `a stored row of ${room} is damaged`, { cause: error, room });
      throw error;
    }
  };

  const quietly = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      if (!isStopping()) await work();
    } catch (error) {
      log.warn({ err: error }, what);
    }
  };

  let behind = 0;
  return {
    textAt: (room, at) => answered(room, travel.textAt(room, at)),
    logAt: (room, at, limit, first) => answered(room, travel.logAt(room, at, limit, first)),
    versions: travel.versions,
    attribution: (room, query) => answered(room, attribution(room, query)),
    async tend() {
      await quietly('the index of authors is behind', () => authorship.catchUp(pause));
      await quietly('unused parts were not removed', checkpoints.sweep);
      await quietly('old rows were not merged', retention.run);
    },
    stored(rows) {
      authorship.stored(rows);
      for (const row of rows) checkpoints.stored(row);
      behind += rows.length;
      if (behind < indexEvery) return;
      behind = 0;
      void quietly('the index of authors is behind', () => authorship.catchUp(pause));
    },
    compact: checkpoints.make,
  };
}
