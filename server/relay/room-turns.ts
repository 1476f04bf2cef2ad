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
 * One thing after the other for each room. What fits one slice of work is done at once; longer work goes on in later
 * turns of the event loop, a slice in each, while everything else for that room waits in order and other rooms go on.
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

interface Queued {
  readonly turn: Turn;
  work: Sliced<void> | null;
  spent: number;
  isGivenUp: boolean;
}

export function createRoomTurns(now: () => number, defer: (run: () => void) => void): RoomTurns {
  const queues = new Map<RoomId, Queued[]>();
  /** Rooms in the order in which they get their next slice. */
  let order: RoomId[] = [];
  const slice = new Slice(now);
  let waiting = 0;
  let scheduled = false;

  const schedule = (): void => {
    if (scheduled || order.length === 0) return;
    scheduled = true;
    defer(() => {
      scheduled = false;
      go();
      schedule();
    });
  };

  /** One slice of one turn; true when the turn is over. */
  const step = (queued: Queued): boolean => {
    const started = now();
    try {
      if (queued.isGivenUp) throw new GivenUp('forgotten');
      if (queued.spent > longest) throw new GivenUp('too-long');
      queued.work ??= queued.turn.run(slice);
      if (queued.work.next().done !== true) return false;
    } catch (error) {
      queued.turn.failed(error);
    } finally {
      queued.spent += now() - started;
    }
    return true;
  };

  const go = (): void => {
    slice.begin();
    const room = order.shift();
    const queue = room === undefined ? undefined : queues.get(room);
    if (room === undefined || !queue) return;
    do {
      if (!step(queue[0]!)) break;
      waiting -= queue.shift()!.turn.bytes;
    } while (queue.length > 0 && !slice.did(1));
    if (queue.length > 0) order.push(room);
    else queues.delete(room);
  };

  return {
    take(room, turn) {
      // Asked for idle rooms as well: there are as many of them as somebody likes.
      const most = turn.bytes > small ? mostWaiting : 2 * mostWaiting;
      if (waiting > 0 && waiting + turn.bytes > most) return turn.failed(new GivenUp('too-much'));
      const queue = queues.get(room);
      if (queue) {
        waiting += turn.bytes;
        queue.push({ turn, work: null, spent: 0, isGivenUp: false });
        return;
      }
      slice.begin();
      const work = turn.run(slice);
      if (work.next().done === true) return;
      waiting += turn.bytes;
      queues.set(room, [{ turn, work, spent: 0, isGivenUp: false }]);
      order = [...order, room];
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
      order = [];
      waiting = 0;
      for (const { turn } of all) turn.failed(new GivenUp('stopping'));
    },
  };
}
