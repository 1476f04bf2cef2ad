/**
 * What has been done in one slice of work, so that long work can stop and let others have their turn. Counted in steps
 * (about a microsecond each) so that the same work is cut at the same places every time; the clock only helps out where
 * single steps turn out to be long.
 */
export interface Work {
  /** Counts steps; true when this slice is used up. */
  did(steps: number): boolean;
}

/** Work that stops wherever its slice is used up. */
export type Sliced<T> = Generator<void, T, void>;

/** Runs work to its end at once. */
export function atOnce<T>(work: Sliced<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Work that is done already. */
export function* only<T>(value: T): Sliced<T> {
  yield* [];
  return value;
}

const endless: Work = { did: () => false };

/** For work that is known to be small, or that nobody can wait for. */
export const unbounded = (): Work => endless;

const stepsPerSlice = 2_048;
const millisecondsPerSlice = 1.5;
/** How many steps go by before the clock is asked. */
export const stepsPerLook = 128;

export class Slice implements Work {
  readonly #now: () => number;
  #left = 0;
  #untilLook = 0;
  #end = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.begin();
  }

  begin(): void {
    this.#left = stepsPerSlice;
    this.#untilLook = stepsPerLook;
    this.#end = this.#now() + millisecondsPerSlice;
  }

  did(steps: number): boolean {
    this.#left -= steps;
    this.#untilLook -= steps;
    if (this.#untilLook <= 0) {
      this.#untilLook = stepsPerLook;
      if (this.#now() >= this.#end) this.#left = 0;
    }
    return this.#left <= 0;
  }
}
