import { crc32 } from 'node:zlib';
import type { RoomId } from '../../shared/base/ids.ts';
import { findRoom } from '../../shared/documents/registry.ts';
import type { StoredRow } from '../storage/contract.ts';
import type { Deletion, HistoryStore, RowToIndex, Writing } from '../storage/history-contract.ts';
import type { RelayLog } from '../relay/metrics.ts';
import type { Desk } from './desk.ts';
import { DamagedBytes, pack } from './packs.ts';
import { rangesOf, type ClockRange, type RowRanges } from './ranges.ts';
import type { Pause } from './readings.ts';
import { RecentRows } from './recent-rows.ts';

/** What one person writes within this long of its first character is told as one piece. Milliseconds. */
export const togetherFor = 5 * 60_000;
/** Rows and bytes indexed in one step. */
const stepRows = 1_000;
const stepBytes = 128 * 1024;
/** Rows above this are read in the workshop. */
const bigRow = 32 * 1024;

/**
 * Who wrote and who deleted which clocks. The rows say it, stored with their author and time in the commit itself; this
 * keeps it in short form, made from them in order and behind them, so a commit pays nothing for it. Rows are merged only
 * when this has passed them.
 */
export interface Authorship {
  /** These rows are durable. */
  stored(rows: readonly StoredRow[]): void;
  /** Resolves when everything stored so far is indexed. Steps that fail are tried again the next time. */
  catchUp(pause: Pause): Promise<void>;
}

export function createAuthorship(store: HistoryStore, desk: Desk, log: RelayLog): Authorship {
  const recent = new RecentRows();
  const rowsBehind = (): readonly RowToIndex[] => {
    const rows = recent.after(store.indexedUpTo(), stepRows, stepBytes);
    if (!rows) return store.rowsToIndex(stepRows, stepBytes);
    return rows.map((row) => ({ ...row, sum: crc32(row.bytes), isSound: true }));
  };

  const rangesIn = async (row: RowToIndex): Promise<RowRanges> => {
    try {
      if (!row.isSound) throw new DamagedBytes('its author is not what was stored');
      if (row.bytes.length <= bigRow) {
        if (crc32(row.bytes) !== row.sum) throw new DamagedBytes('a row is not what was stored');
        return rangesOf(row.bytes);
      }
      const [ranges] = await desk.forLater((calls) => calls.ranges(pack([row])));
      return ranges!;
    } catch (error) {
      log.warn({ room: row.room, cursor: row.cursor, err: error }, 'a row says nothing of its author');
      return { wrote: [], deleted: [] };
    }
  };

  const step = async (): Promise<boolean> => {
    const rows = rowsBehind();
    const last = rows.at(-1);
    if (!last) return false;
    const writings = new Joined<Writing>((room, { client, clock }) => store.writingAt(room, client, clock));
    const deletions = new Joined<Deletion>((room, { client }) => store.lastDeletion(room, client));
    for (const row of rows) {
      if (findRoom(row.room)?.kind.class !== 'text') continue;
      const { wrote, deleted } = await rangesIn(row);
      for (const range of wrote) writings.add(row, range, followsOn);
      for (const range of deleted) deletions.add(row, range, liesBeside);
    }
    store.index(writings.all(), deletions.all(), last.cursor);
    return true;
  };

  let running: Promise<void> | null = null;
  const run = async (pause: Pause): Promise<void> => {
    while (await step()) await pause();
  };

  return {
    stored: (rows) => recent.add(rows),
    async catchUp(pause) {
      const head = running;
      // Whoever asks in the middle of it wants what was stored meanwhile, too.
      if (head) await head;
      const mine = (running ??= run(pause).finally(() => (running = null)));
      await mine;
    },
  };
}

type Join = (before: ClockRange, range: ClockRange) => boolean;

/** Typing goes on where it stopped; deleting goes either way. */
const followsOn: Join = (before, range) => before.until === range.clock;
const liesBeside: Join = (before, range) => before.until === range.clock || range.until === before.clock;

/** Ranges on their way into the index, each joined with the one before it where the same person goes on. */
class Joined<T extends Writing> {
  readonly #newest = new Map<string, T>();
  readonly #done: T[] = [];
  readonly #find: (room: RoomId, range: ClockRange) => T | null;

  constructor(find: (room: RoomId, range: ClockRange) => T | null) {
    this.#find = find;
  }

  add({ room, by, at }: RowToIndex, range: ClockRange, join: Join): void {
    const key = `${room} ${range.client}`;
    const known = this.#newest.get(key);
    const before = known ?? this.#find(room, range);
    if (before?.by === by && at >= before.at && at - before.at <= togetherFor && join(before, range)) {
      const clock = Math.min(before.clock, range.clock);
      const until = Math.max(before.until, range.until);
      this.#newest.set(key, { ...before, clock, until, last: Math.max(before.last, at) });
      return;
    }
    if (known) this.#done.push(known);
    this.#newest.set(key, { id: null, ...range, room, by, at, last: at } as unknown as T);
  }

  all(): T[] {
    return [...this.#done, ...this.#newest.values()];
  }
}
