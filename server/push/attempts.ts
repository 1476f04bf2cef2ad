/** Something that is to be done at a time, and again later when it did not work. */
export interface Attempt<Job> {
  readonly job: Job;
  /** How often it failed. */
  readonly failed: number;
  /** Not before, milliseconds since 1970. */
  readonly at: number;
}

/** Milliseconds until it is done again; null when it is over. */
export type Again = number | null;

export interface Attempts<Job> {
  /** Takes the place of what waits under the same name. */
  put(name: string, job: Job, at: number): void;
  get(name: string): Attempt<Job> | undefined;
  /** Removes those that `isMeant` says. */
  drop(isMeant: (job: Job) => boolean): void;
  readonly size: number;
  stop(): void;
}

export interface AttemptsDeps<Job> {
  readonly now: () => number;
  /** Runs something once, later; must not keep the process alive. */
  readonly later: (milliseconds: number, run: () => void) => void;
  /** Never rejects. */
  readonly run: (job: Job, failed: number) => Promise<Again>;
  /** At most so many wait; the oldest gives way. */
  readonly most: number;
  readonly struck: () => void;
}

/** Done at the same time. */
const atOnce = 8;
/** How exactly times are kept, and how long a timer may be. Milliseconds. */
const grain = 100;
const longest = 60_000;

/** A bounded list of things to do beside the work for people, a few at a time, without a timer while there is nothing. */
export function createAttempts<Job>({ now, later, run, most, struck }: AttemptsDeps<Job>): Attempts<Job> {
  const waiting = new Map<string, Attempt<Job>>();
  let running = 0;
  let planned = Number.POSITIVE_INFINITY;
  let isStopped = false;

  /** Looks at what waits at that time, or at an earlier one that is planned. */
  const plan = (at: number): void => {
    if (isStopped || at >= planned || at === Number.POSITIVE_INFINITY) return;
    planned = at;
    later(Math.max(0, Math.min(at - now(), longest)), () => {
      if (planned !== at) return;
      planned = Number.POSITIVE_INFINITY;
      work();
    });
  };

  const start = (name: string, { job, failed }: Attempt<Job>): void => {
    waiting.delete(name);
    running++;
    void run(job, failed).then((again) => {
      running--;
      // What came under this name meanwhile is newer.
      if (again !== null && !isStopped && !waiting.has(name))
        waiting.set(name, { job, failed: failed + 1, at: now() + again });
      plan(now() + grain);
    });
  };

  const work = (): void => {
    if (isStopped) return;
    const time = now();
    let next = Number.POSITIVE_INFINITY;
    for (const [name, attempt] of waiting) {
      if (running >= atOnce) return;
      if (attempt.at <= time) start(name, attempt);
      else next = Math.min(next, attempt.at);
    }
    plan(Math.max(next, time + grain));
  };

  return {
    put(name, job, at) {
      waiting.delete(name);
      if (waiting.size >= most) {
        struck();
        const [oldest] = waiting.keys();
        waiting.delete(oldest!);
      }
      waiting.set(name, { job, failed: 0, at });
      plan(at);
    },
    get: (name) => waiting.get(name),
    drop(isMeant) {
      for (const [name, { job }] of waiting) if (isMeant(job)) waiting.delete(name);
    },
    get size() {
      return waiting.size;
    },
    stop() {
      isStopped = true;
      waiting.clear();
    },
  };
}
