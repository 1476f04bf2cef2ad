import type { RoomId } from '../../shared/base/ids.ts';
import { Slice, type Sliced, type Work } from './gate/work.ts';

/** Something to do with one room. */
export interface Turn {
  /** About how much memory it holds while it waits. */
  readonly bytes: number;
  run(work: Work): Sliced<void>;
  /** It threw after its first slice, or was given up. */
  failed(error: unknown): void;
}

/** Why a turn was given up. */
export class GivenUp extends Error {
  readonly why: 'too-long' | 'too-much' | 'forgotten' | 'stopping';

  constructor(why: GivenUp['why']) {
    super(`work on a room was given up: ${why}`);
    this.why = why;
  }
}

/**
 * One thing after the other for each room. What fits one slice of work is done at once, as long as all such slices of a
 * turn of the event loop are not too many; longer work goes on in later turns, a slice in each, while everything else
 * for that room waits in order and other rooms go on. Only some rooms are in the middle of something at a time, since
 * each may hold a large document that is only half read.
 */
export interface RoomTurns {
  /** Throws what the work throws in a first slice that runs at once. */
  take(room: RoomId, turn: Turn): void;
  isBusy(room: RoomId): boolean;
  /** Gives up what the room is in the middle of; what waits behind it goes on. */
  giveUp(room: RoomId): void;
  /** Gives up everything. */
  stop(): void;
}

/** What may wait, or be in the middle, in all rooms together. Small things find room for as much again. */
const mostWaiting = 64 * 1024 * 1024;
const small = 64 * 1024;
/** Milliseconds of work after which a turn is given up: nobody's honest work comes near. */
const longest = 60_000;
/** Milliseconds of first slices in one turn of the loop; what comes then waits for a later one. */
const mostAtOnce = 16;
/** Milliseconds after which a later turn of the loop goes on with nothing more: those of a slice. */
const mostInLine = 8;
/** Rooms in the middle of something. Those whose last work took one slice find as many places again. */
const mostBegun = 4;
const mostQuick = 4_096;

interface Queued {
  readonly turn: Turn;
  work: Sliced<void> | null;
  spent: number;
  isGivenUp: boolean;
}

/** `standBack` runs what goes on with long work, when that keeps nobody waiting. */
export function createRoomTurns(
  now: () => number,
  defer: (run: () => void) => void,
  standBack: (run: () => void) => void = (run) => run(),
): RoomTurns {
  const queues = new Map<RoomId, Queued[]>();
  /** Rooms in the middle of something, in the order in which they get their next slice, and rooms that have to begin. */
  const begun: RoomId[] = [];
  const toBegin: RoomId[] = [];
  /** Whose last work was done in one slice: a small text, or one that is loaded. */
  const quick = new Set<RoomId>();
  const slice = new Slice(now);
  let waiting = 0;
  let spentAtOnce = 0;
  let scheduled = false;
  /** Those who have to begin are asked first in every other turn. */
  let isTheirTurn = false;

  const schedule = (): void => {
    if (scheduled || (queues.size === 0 && spentAtOnce === 0)) return;
    scheduled = true;
    defer(() => {
      spentAtOnce = 0;
      const goOn = (): void => {
        scheduled = false;
        go();
        schedule();
      };
      if (queues.size > 0) standBack(goOn);
      else scheduled = false;
    });
  };

  const mayBegin = (room: RoomId): boolean =>
    begun.length < mostBegun || (quick.has(room) && begun.length < 2 * mostBegun);

  const wasQuick = (room: RoomId, is: boolean): void => {
    if (!is) quick.delete(room);
    else if (!quick.has(room)) {
      for (const oldest of quick) {
        if (quick.size < mostQuick) break;
        quick.delete(oldest);
      }
      quick.add(room);
    }
  };

  /** One slice of one turn; true when the turn is over. */
  const step = (room: RoomId, queued: Queued): boolean => {
    const started = now();
    const isFirst = queued.work === null;
    let isOver = true;
    try {
      if (queued.isGivenUp) throw new GivenUp('forgotten');
      if (queued.spent > longest) throw new GivenUp('too-long');
      queued.work ??= queued.turn.run(slice);
      isOver = queued.work.next().done === true;
    } catch (error) {
      queued.turn.failed(error);
    } finally {
      queued.spent += now() - started;
    }
    if (isFirst) wasQuick(room, isOver);
    return isOver;
  };

  /** The room whose turn it is, taken out of its list. */
  const next = (): RoomId | undefined => {
    const at = toBegin.findIndex(mayBegin);
    const beginner = (): RoomId | undefined => (at < 0 ? undefined : toBegin.splice(at, 1)[0]);
    return isTheirTurn ? (beginner() ?? begun.shift()) : (begun.shift() ?? beginner());
  };

  const go = (): void => {
    isTheirTurn = !isTheirTurn;
    slice.begin();
    const end = now() + mostInLine;
    do {
      const room = next();
      const queue = room === undefined ? undefined : queues.get(room);
      if (room === undefined || !queue) return;
      if (!step(room, queue[0]!)) {
        begun.push(room);
        continue;
      }
      waiting -= queue.shift()!.turn.bytes;
      if (queue.length > 0) toBegin.push(room);
      else queues.delete(room);
    } while (!slice.did(1) && now() < end);
  };

  /** The first slice, if there is time for it in this turn of the loop; null when there is not. */
  const beginAtOnce = (room: RoomId, turn: Turn): Sliced<void> | 'over' | null => {
    if (spentAtOnce >= mostAtOnce || !mayBegin(room)) return null;
    const started = now();
    let isOver = true;
    try {
      slice.begin();
      const work = turn.run(slice);
      isOver = work.next().done === true;
      return isOver ? 'over' : work;
    } finally {
      spentAtOnce += now() - started;
      wasQuick(room, isOver);
      schedule();
    }
  };

  return {
    take(room, turn) {
      // Asked for idle rooms as well: there are as many of them as somebody likes.
      const most = turn.bytes > small ? mostWaiting : 2 * mostWaiting;
      if (waiting > 0 && waiting + turn.bytes > most) return turn.failed(new GivenUp('too-much'));
      const queue = queues.get(room);
      const work = queue ? null : beginAtOnce(room, turn);
      if (work === 'over') return;
      waiting += turn.bytes;
      const queued: Queued = { turn, work, spent: 0, isGivenUp: false };
      if (queue) return void queue.push(queued);
      queues.set(room, [queued]);
      (work ? begun : toBegin).push(room);
      schedule();
    },
    isBusy: (room) => queues.has(room),
    giveUp(room) {
      const first = queues.get(room)?.[0];
      if (first?.work) first.isGivenUp = true;
    },
    stop() {
      const all = [...queues.values()].flat();
      queues.clear();
      begun.length = toBegin.length = 0;
      waiting = 0;
      for (const { turn } of all) turn.failed(new GivenUp('stopping'));
    },
  };
}
