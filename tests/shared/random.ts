/** A small seeded generator (mulberry32): the same seed gives the same test. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** `WEFT_SEED`, to repeat a run that failed; otherwise a new one. Print it with whatever fails. */
export const seedFromEnvironment = (): number =>
  process.env['WEFT_SEED'] ? Number(process.env['WEFT_SEED']) : Math.floor(Math.random() * 2 ** 32);
