import './seeded.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { runSchedule, type Outcome } from './schedule.ts';

/** What a worker is asked, and answers as soon as it knows: seeds, and what came of one. */
export type Asked = readonly number[];
export type Answered = Outcome & { readonly seed: number };

const { isTold } = workerData as { isTold: boolean };

parentPort?.on('message', (seeds: Asked) => {
  void (async () => {
    for (const seed of seeds) {
      const tell = isTold ? (line: string): void => console.log(line) : null;
      const answer: Answered = { seed, ...(await runSchedule(seed, tell)) };
      parentPort?.postMessage(answer);
    }
  })();
});
