import { Worker } from 'node:worker_threads';
import type { Answered } from './worker.ts';

export interface Found {
  readonly seed: number;
  readonly broken: string;
}

export interface Result {
  /** Schedules that were run, and rows that their relays stored. */
  readonly done: number;
  readonly rows: number;
  readonly found: readonly Found[];
  /** By seed. */
  readonly hashes: ReadonlyMap<number, string>;
}

export interface Run {
  /** The bundle. */
  readonly file: string;
  readonly from: number;
  readonly count: number;
  readonly workers: number;
  /** Seeds that a worker is given at once. */
  readonly share?: number;
  /** Ends the run when so many are found. */
  readonly enough?: number;
  /** Tells every event of a schedule. */
  readonly isTold?: boolean;
  progress?(done: number, found: readonly Found[]): void;
}

/** A schedule that takes longer than this hangs. Milliseconds. */
const longest = 120_000;

/** Runs seeds in worker threads, each with its own clock, chance and disks. */
export async function runSeeds(run: Run): Promise<Result> {
  const { file, from, count, share = 10, enough = Infinity, isTold = false } = run;
  const found: Found[] = [];
  const hashes = new Map<number, string>();
  let next = from;
  let done = 0;
  let rows = 0;

  const take = ({ seed, hash, broken, rows: stored }: Answered): void => {
    done += 1;
    rows += stored;
    hashes.set(seed, hash);
    if (broken !== null) found.push({ seed, broken });
    run.progress?.(done, found);
  };

  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let seeds: number[] = [];
      let watch: NodeJS.Timeout;
      const worker = new Worker(file, { workerData: { isTold }, stdout: false });
      const end = (): void => {
        clearTimeout(watch);
        void worker.terminate().then(() => resolve());
      };
      /** The first of `seeds` is being run. */
      const wait = (): void => {
        clearTimeout(watch);
        watch = setTimeout(() => {
          found.push({ seed: seeds[0]!, broken: 'it never ends' });
          end();
        }, longest);
      };
      const give = (): void => {
        clearTimeout(watch);
        seeds = [];
        while (seeds.length < share && next < from + count) seeds.push(next++);
        if (seeds.length === 0 || found.length >= enough) return end();
        worker.postMessage(seeds);
        wait();
      };
      worker.on('message', (answer: Answered) => {
        take(answer);
        seeds.shift();
        if (seeds.length > 0) wait();
        else give();
      });
      worker.on('error', (error) => {
        clearTimeout(watch);
        reject(new Error(`seed ${seeds[0]}`, { cause: error }));
      });
      give();
    });

  const workers = Math.max(1, Math.min(run.workers, Math.ceil(count / share)));
  await Promise.all(Array.from({ length: workers }, work));
  found.sort((a, b) => a.seed - b.seed);
  return { done, rows, found, hashes };
}
