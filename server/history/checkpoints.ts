import type { RoomId } from '../../shared/base/ids.ts';
import { findRoom } from '../../shared/documents/registry.ts';
import type { RelayLog, RelayMetrics } from '../relay/metrics.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import type { Checkpoint } from '../storage/history-contract.ts';
import type { Desk } from './desk.ts';
import { partAt } from './packs.ts';
import { readText, type Pause } from './readings.ts';

/** A checkpoint is due after so many rows that outweigh a part of it, or when they are much to read by themselves. */
const dueRows = 500;
const dueBytes = 64 * 1024;
const manyBytes = 8 * 1024 * 1024;
/** It waits until typing has paused, or at most this long. Milliseconds. */
const delay = 2_000;
/** Rooms whose growth is remembered; of others it is counted again. */
const mostRemembered = 10_000;
/** Parts removed in one go. */
const fewParts = 8;

/** What came to a text since its checkpoint. */
interface Growth {
  readonly size: number;
  rows: number;
  bytes: number;
}

/** Keeps texts quick to read: now and then their rows are merged into a checkpoint, beside the work for people. */
export interface Checkpoints {
  stored(row: StoredRow): void;
  /** Makes one now. False when there is nothing to do or the room changed under it. */
  make(room: RoomId): Promise<boolean>;
  /** Removes what no checkpoint uses: of an older one, or of one that a crash stopped. */
  sweep(): Promise<void>;
}

export interface CheckpointsDeps {
  readonly store: RelayStore;
  readonly desk: Desk;
  readonly metrics: RelayMetrics;
  readonly log: RelayLog;
  readonly pause: Pause;
  later(milliseconds: number, run: () => void): void;
  /** How many bytes a text is. */
  measured(room: RoomId, bytes: number): void;
  isStopping(): boolean;
}

export function createCheckpoints(deps: CheckpointsDeps): Checkpoints {
  const { store, desk, metrics, log, pause, later, measured, isStopping } = deps;
  const { history } = store;
  const growths = new Map<RoomId, Growth | 'log'>();
  const due = new Set<RoomId>();

  /** From the newest down to the checkpoint, as far as it matters. */
  const count = (room: RoomId): Growth | 'log' => {
    if (findRoom(room)?.kind.class !== 'text') return 'log';
    const checkpoint = history.checkpoint(room);
    const growth: Growth = { size: checkpoint?.size ?? 0, rows: 0, bytes: 0 };
    for (const { size } of history.momentsFrom(room, (checkpoint?.seq ?? -1) + 1, 2 * dueRows)) {
      growth.rows++;
      growth.bytes += size;
    }
    return growth;
  };

  const isDue = ({ size, rows, bytes }: Growth): boolean =>
    bytes >= Math.max(manyBytes, size) || (rows >= dueRows && bytes >= Math.max(dueBytes, size / 4));

  const write = async (
    room: RoomId,
    { seq, cursor }: { readonly seq: number; readonly cursor: number },
    { bytes, sums }: { readonly bytes: Uint8Array; readonly sums: readonly number[] },
    instead: Checkpoint | null,
  ): Promise<boolean> => {
    for (const [i, sum] of sums.entries()) {
      history.addPart(room, cursor, i, { sum, bytes: partAt(bytes, i) });
      await pause();
      if (isStopping()) return false;
    }
    return history.useCheckpoint(room, { seq, cursor, size: bytes.length, parts: sums.length }, instead);
  };

  const sweep = async (): Promise<void> => {
    while (!isStopping() && history.dropParts(fewParts)) await pause();
  };

  const make = (room: RoomId): Promise<boolean> =>
    desk.forLater(async (calls) => {
      if (isStopping()) return false;
      const began = performance.now();
      const [newest] = history.momentsBefore(room, Number.MAX_SAFE_INTEGER, 1);
      const before = history.checkpoint(room);
      if (!newest || before?.cursor === newest.cursor) return false;
      await readText(history, room, newest.seq, calls, pause);
      const merged = await calls.state();
      const used = await write(room, newest, merged, before);
      if (used) {
        growths.delete(room);
        measured(room, merged.bytes.length);
        metrics.compacted('checkpoint', newest.seq - (before?.seq ?? -1), (performance.now() - began) / 1000);
      }
      await sweep();
      return used;
    });

  return {
    stored({ room, bytes }) {
      const known = growths.get(room);
      const growth = known ?? count(room);
      if (!known) {
        if (growths.size >= mostRemembered) growths.clear();
        growths.set(room, growth);
      } else if (growth !== 'log') {
        growth.rows++;
        growth.bytes += bytes.length;
      }
      if (growth === 'log' || due.has(room) || !isDue(growth)) return;
      due.add(room);
      later(delay, () => {
        due.delete(room);
        if (isStopping()) return;
        make(room).catch((error: unknown) => {
          // It only saves work: the rows still say everything. Tried again when as much has come once more.
          growth.rows = growth.bytes = 0;
          log.warn({ room, err: error }, 'a text was not compacted');
        });
      });
    },
    make,
    // Never beside a checkpoint in the making: its parts are nobody's yet.
    sweep: () => desk.forLater(sweep),
  };
}
