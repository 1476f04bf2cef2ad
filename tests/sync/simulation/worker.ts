import './seeded.ts';
import { parentPort, workerData } from 'node:worker_threads';
import { runSchedule, type Outcome } from './schedule.ts';

/** What a worker is asked and answers: seeds, and what came of each. */
export type Asked = readonly number[];
export type Answered = readonly (Outcome & { readonly seed: number })[];

const { isTold } = workerData as { isTold: boolean };

parentPort?.on('message', (seeds: Asked) => {
  void (async () => {
    const answers = [];
    for (const seed of seeds) {
      const tell = isTold ? (line: string): void => console.log(line) : null;
      answers.push({ seed, ...(await runSchedule(seed, tell)) });
    }
    parentPort?.postMessage(answers);
  })();
});
