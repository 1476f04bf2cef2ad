import type { Random } from './random.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Things that happen, each at its time. They may be added in any order. */
export interface Timeline {
  add(at: number, happen: () => Promise<unknown>): void;
  /** Lets everything happen in order of time; resolves when all of it is done. */
  run(): Promise<void>;
}

/** So many may be on their way at once: they share group commits. */
const atOnce = 400;

/** `travel` sets the clock that the relay reads. */
export function createTimeline(travel: (now: number) => void): Timeline {
  const events: { at: number; order: number; happen: () => Promise<unknown> }[] = [];
  return {
    add: (at, happen) => void events.push({ at, order: events.length, happen }),
    async run() {
      events.sort((a, b) => a.at - b.at || a.order - b.order);
      let waiting: Promise<unknown>[] = [];
      for (const { at, happen } of events.splice(0)) {
        travel(at);
        waiting.push(happen());
        if (waiting.length < atOnce) continue;
        await Promise.all(waiting);
        waiting = [];
      }
      await Promise.all(waiting);
    },
  };
}

/** A moment of a working day in Suzhou or Hamburg, between the two times. */
export function workingMoment(random: Random, from: number, until: number): number {
  for (;;) {
    const date = from + Math.floor(random.next() * (until - from));
    const { weekday, hours } = { weekday: new Date(date).getUTCDay(), hours: new Date(date).getUTCHours() };
    // A few people write on weekends and late in the evening.
    const usual = weekday !== 0 && weekday !== 6 && hours >= 1 && hours < 16;
    if (usual || random.chance(0.03)) return date;
  }
}
