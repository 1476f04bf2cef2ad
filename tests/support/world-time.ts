import type { Timers } from '../../client/data/sync/contract.ts';

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until somebody moves it. */
export class HeldClock implements Timers {
  #now = Date.UTC(2026, 0, 5, 9);
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  /** The machines slept: time has passed, and what was due meanwhile is due now. */
  leap(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Nothing is due before then: time passes all the same. */
  skip(to: number): void {
    if (this.#timers.every(({ at }) => at > to)) this.#now = Math.max(this.#now, to);
  }

  after(milliseconds: number, run: () => void): () => void {
    // A clock counts whole milliseconds, and relays store no others.
    const timer = { at: this.#now + Math.ceil(Math.max(0, milliseconds)), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Moves to the next timer that is due within `milliseconds` and runs it; false when there is none. */
  next(milliseconds: number): boolean {
    const due = this.#timers.reduce<Timer | null>(
      (first, timer) => (first && first.at <= timer.at ? first : timer),
      null,
    );
    if (!due || due.at > this.#now + milliseconds) return false;
    this.#timers = this.#timers.filter((each) => each !== due);
    this.#now = Math.max(this.#now, due.at);
    due.run();
    return true;
  }
}
