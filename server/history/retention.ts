import type { RoomId } from '../../shared/base/ids.ts';
import { findRoom } from '../../shared/documents/registry.ts';
import type { RelayLog, RelayMetrics } from '../relay/metrics.ts';
import type { HistoryStore, Moment } from '../storage/history-contract.ts';
import type { Desk } from './desk.ts';
import { pack } from './packs.ts';
import { readRows, type Pause } from './readings.ts';
import type { WorkshopCalls } from './workshop.ts';

const day = 24 * 3_600_000;
/** After this long a month is one version, before it a day. */
const daysFor = 365;
/** Rows and bytes that become one in one step; what is left of a period follows in the next. */
const mostRows = 1_000;
const mostBytes = 8 * 1024 * 1024;
/** Moments read in one go, and rooms. */
const page = 500;
const fewPages = 64;

export interface RetentionDeps {
  readonly store: HistoryStore;
  readonly desk: Desk;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  readonly pause: Pause;
  /** Days for which rows are kept one by one; 0: for ever. */
  readonly keepDays: number;
  now(): number;
  isStopping(): boolean;
}

/**
 * Merges rows of texts that are older than is kept one by one: those of a day into one, after a year those of a month.
 * The last of them gives the merged row its place, author and time. Logs are records and stay whole.
 */
export interface Retention {
  /** Goes through all rooms. Rooms that cannot be read are left as they are. */
  run(): Promise<void>;
}

/** The UTC day or month a moment belongs to, by how old it is. */
export function periodOf(at: number, now: number): string {
  const date = new Date(at).toISOString();
  return now - at > daysFor * day ? date.slice(0, 7) : date.slice(0, 10);
}

export function createRetention(deps: RetentionDeps): Retention {
  const { store, desk, metrics, log, pause, keepDays, now, isStopping } = deps;

  /** Runs of rows that are to become one, oldest first. */
  const dueIn = async (room: RoomId): Promise<Moment[][]> => {
    const moment = now();
    const indexed = store.indexedUpTo();
    const isOld = ({ at, cursor }: Moment): boolean => at < moment - keepDays * day && cursor <= indexed;
    const groups: Moment[][] = [];
    let period = '';
    for (let from = 0; ;) {
      const moments = store.momentsFrom(room, from, page);
      for (const each of moments) {
        const its = isOld(each) ? periodOf(each.at, moment) : '';
        if (its !== '' && its === period) groups.at(-1)!.push(each);
        else groups.push([each]);
        period = its;
      }
      // A single wrong clock must not end it, a whole page of young rows does.
      if (moments.length < page || !moments.some(isOld)) break;
      from = moments.at(-1)!.seq + 1;
      await pause();
    }
    return groups.flatMap(inSteps).filter((rows) => rows.length > 1);
  };

  /** One after the other, each on top of all rows before it. */
  const mergeAll = async (
    room: RoomId,
    groups: readonly Moment[][],
    calls: WorkshopCalls,
  ): Promise<number> => {
    let merged = 0;
    let from = 0;
    for (const group of groups) {
      const [first, last] = [group[0]!.seq, group.at(-1)!.seq];
      await readRows(store, room, from, first - 1, pause, calls.apply);
      const rows = store.rawRows(room, first, last, Infinity, Infinity);
      const row = await calls.merge(pack(rows));
      await pause();
      if (isStopping() || !store.mergeRows(room, rows, row)) return merged;
      merged += rows.length - 1;
      from = last + 1;
      await pause();
    }
    return merged;
  };

  const tidy = async (room: RoomId): Promise<void> => {
    for (;;) {
      const groups = await dueIn(room);
      if (groups.length === 0 || isStopping()) return;
      const began = performance.now();
      const merged = await desk.forLater((calls) => mergeAll(room, groups, calls));
      metrics.compacted('retention', merged, (performance.now() - began) / 1000);
      if (merged === 0) return;
    }
  };

  return {
    async run() {
      if (keepDays === 0) return;
      for (let after = ''; ;) {
        const rooms = store.roomsAfter(after, page);
        for (const room of rooms) {
          if (isStopping()) return;
          if (findRoom(room)?.kind.class !== 'text') continue;
          await tidy(room).catch((error: unknown) =>
            log.warn({ room, err: error }, 'old rows were not merged'),
          );
          await pause();
        }
        if (rooms.length < page) break;
        after = rooms.at(-1)!;
      }
      while (!isStopping() && store.giveBack(fewPages)) await pause();
    },
  };
}

/** Parts of a run of rows that are no more than one step takes. */
function inSteps(rows: readonly Moment[]): Moment[][] {
  const steps: Moment[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const step = steps.at(-1);
    if (step && step.length < mostRows && bytes + row.size <= mostBytes) {
      step.push(row);
      bytes += row.size;
    } else {
      steps.push([row]);
      bytes = row.size;
    }
  }
  return steps;
}
