import type { Timers } from './contract.ts';

const first = 400;
const longest = 30_000;
/** How long a connection has to last before the next attempt counts as a first one again. Milliseconds. */
const steadyAfter = 10_000;

/** When to try again: soon at first, then ever more rarely, spread so that devices do not come back all at once. */
export class Reconnect {
  readonly #timers: Timers;
  readonly #random: () => number;
  readonly #run: () => void;
  #failures = 0;
  #cancel: (() => void) | null = null;
  #cancelSteady: (() => void) | null = null;

  constructor(timers: Timers, random: () => number, run: () => void) {
    this.#timers = timers;
    this.#random = random;
    this.#run = run;
  }

  /** `atLeast`: milliseconds to wait whatever the count of failures says. */
  later(atLeast = 0): void {
    this.stop();
    const spread = 0.5 + this.#random() / 2;
    const most = Math.min(longest, first * 2 ** this.#failures);
    this.#failures += 1;
    this.#cancel = this.#timers.after(atLeast + most * spread, () => this.#go());
  }

  /** At once, if a try is waiting. */
  now(): void {
    if (!this.#cancel) return;
    this.stop();
    this.#go();
  }

  /** A relay that welcomes devices and drops them at once must not be asked ever again at the first pace. */
  succeeded(): void {
    this.#cancelSteady?.();
    this.#cancelSteady = this.#timers.after(steadyAfter, () => {
      this.#failures = 0;
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#cancelSteady?.();
    this.#cancelSteady = null;
  }

  #go(): void {
    this.#cancel = null;
    this.#run();
  }
}
