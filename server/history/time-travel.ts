import type { LogEntry } from '../../shared/access/kind.ts';
import { asBytes } from '../../shared/base/bytes.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { RelayStore } from '../storage/contract.ts';
import type { Moment } from '../storage/history-contract.ts';
import type { History, LogVersion, TextVersion, Version, VersionMoment } from './contract.ts';
import type { Desk } from './desk.ts';
import { readRows, readText, type Pause } from './readings.ts';

const page = 500;
/** Somebody who stops for longer, or goes on for longer, begins another version. Milliseconds. */
const longPause = 10 * 60_000;
const longSpan = 60 * 60_000;
/** Rows looked at for one list of versions. */
const mostLookedAt = 50_000;

const notYet = err(failure('room-not-found', 'the room was not there yet'));

export type TimeTravel = Pick<History, 'textAt' | 'logAt' | 'versions'>;

export function createTimeTravel(store: RelayStore, desk: Desk, pause: Pause): TimeTravel {
  const { history } = store;

  /** Newest first, from before a position down to the first. */
  async function* momentsDown(room: RoomId, before: number): AsyncGenerator<Moment> {
    for (let seq = before; ;) {
      const moments = history.momentsBefore(room, seq, page);
      yield* moments;
      if (moments.length < page) return;
      seq = moments.at(-1)!.seq;
      await pause();
    }
  }

  /** The newest row that was stored by then. */
  const newestAt = async (room: RoomId, at: number): Promise<Result<VersionMoment, Failure>> => {
    let after: Moment | null = null;
    for await (const moment of momentsDown(room, Number.MAX_SAFE_INTEGER)) {
      if (moment.at <= at) {
        const { seq, cursor, by } = moment;
        return ok({ seq, cursor, by, at: moment.at, exact: !after || after.since > at });
      }
      after = moment;
    }
    return after && after.since <= at
      ? err(failure('not-kept', 'versions this old are not kept', { oldest: after.at }))
      : notYet;
  };

  // The moment is looked up by the job itself: in between, its row could be merged into a later one.
  const textAt = (room: RoomId, at: number): Promise<Result<TextVersion, Failure>> =>
    desk.forSomebody(async (calls) => {
      const found = await newestAt(room, at);
      if (!found.ok) return found;
      await readText(history, room, found.value.seq, calls, pause);
      const { bytes } = await calls.state();
      return ok({ ...found.value, update: asBytes(bytes) });
    });

  const logAt: TimeTravel['logAt'] = (room, at, limit, first): Promise<Result<LogVersion, Failure>> =>
    desk.forSomebody(async (calls) => {
      const found = await newestAt(room, at);
      if (!found.ok) return found;
      const { seq } = found.value;
      if (seq < first) return notYet;
      const base = store.base(room, seq + 1);
      await calls.openLog(room, base?.state ?? null);
      await readRows(history, room, base?.seq ?? 0, seq, pause, calls.fold);
      const state = await calls.logState();
      const from = Math.max(first, seq + 1 - limit);
      const entries: LogEntry[] = store
        .rowsFrom(room, from, seq + 1 - from)
        .flatMap((row) => decodeLogRun(row.bytes));
      return ok({ ...found.value, from, entries, state });
    });

  const versions: TimeTravel['versions'] = async (room, before, limit, first) => {
    const found: Version[] = [];
    let lookedAt = 0;
    let oldest = before;
    await pause();
    for await (const moment of momentsDown(room, before)) {
      if (moment.seq < first) break;
      const open = found.at(-1);
      if (open && lookedAt < mostLookedAt && isPartOf(open, moment)) {
        const { rows, size } = open;
        found[found.length - 1] = {
          ...open,
          since: moment.since,
          rows: rows + moment.rows,
          size: size + moment.size,
        };
      } else if (found.length >= limit || lookedAt >= mostLookedAt) {
        return { versions: found, next: oldest };
      } else {
        found.push({ ...moment, merged: moment.rows > 1 });
      }
      oldest = moment.seq;
      lookedAt++;
    }
    return { versions: found, next: null };
  };

  return { textAt, logAt, versions };
}

/** Whether a row belongs to the version after it: the same person, without a long pause. */
const isPartOf = (version: Version, { by, at, rows }: Moment): boolean =>
  !version.merged &&
  rows === 1 &&
  by === version.by &&
  Math.abs(version.since - at) <= longPause &&
  Math.abs(version.at - at) <= longSpan;
