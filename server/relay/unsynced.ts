import type { StorageError } from '../storage/storage-error.ts';

/** Milliseconds from the beginning of one sync to the next: typists wait for nothing but a tick that says "kept". */
const syncEvery = 4;
/** Milliseconds for which long work stands back at most: a disk may stall. */
const longestBack = 5;

/** Told when what was written is durable, or why nobody can say so. */
export type Answer = (why: StorageError | null) => void;

/** Those who are answered when what was written before is durable: one sync at a time serves all who wait. */
export interface Unsynced {
  wait(answer: Answer): void;
  /** A commit brought everything before it to the disk as well. */
  synced(): void;
  /**
   * Runs it when nobody waits for a sync that is on its way, or soon. Long work of the loop would keep the processor from
   * the thread that syncs, and the loop from hearing of it.
   */
  standBack(run: () => void): void;
  readonly isWaitedFor: boolean;
}

export interface UnsyncedDeps {
  sync(done: Answer): void;
  /** Milliseconds. */
  now(): number;
  later(milliseconds: number, run: () => void): void;
  /** Everybody of one sync has been answered. */
  answered(): void;
}

export function createUnsynced({ sync, now, later, answered }: UnsyncedDeps): Unsynced {
  let waiting: Answer[] = [];
  /** Whoever waits for the sync that is on its way. */
  let served: Answer[] = [];
  let isOnItsWay = false;
  let isPlanned = false;
  let begunAt = -Infinity;
  const standingBack = new Set<() => void>();

  const begin = (): void => {
    isPlanned = false;
    if (isOnItsWay || waiting.length === 0) return;
    isOnItsWay = true;
    begunAt = now();
    served = waiting;
    waiting = [];
    sync((why) => {
      isOnItsWay = false;
      const all = served;
      served = [];
      for (const answer of all) answer(why);
      answered();
      plan();
      for (const each of [...standingBack]) each();
    });
  };

  const plan = (): void => {
    if (isOnItsWay || isPlanned || waiting.length === 0) return;
    // A clock that was set back must not make anybody wait.
    const wait = Math.min(syncEvery, begunAt + syncEvery - now());
    if (wait <= 0) return begin();
    isPlanned = true;
    later(wait, begin);
  };

  return {
    wait(answer) {
      waiting.push(answer);
      plan();
    },
    synced() {
      const all = [...served, ...waiting];
      served = [];
      waiting = [];
      for (const answer of all) answer(null);
    },
    standBack(run) {
      if (served.length === 0) return run();
      const goOn = (): void => {
        if (standingBack.delete(goOn)) run();
      };
      standingBack.add(goOn);
      later(longestBack, goOn);
    },
    get isWaitedFor() {
      return served.length + waiting.length > 0;
    },
  };
}
