import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import { runSeeds, type Found } from './pool.ts';

const number = { type: 'string' } as const;
const { values } = parseArgs({ options: { seeds: number, from: number, seed: number } });

/** Seeds that a worker is given at once in a long run, and how often it is told how far it is. Milliseconds. */
const share = 20;
const tellEvery = 10_000;

/** One seed again, with everything that happens. */
async function again(file: string, seed: number): Promise<boolean> {
  const run = { file, from: seed, count: 1, workers: 1, isTold: true };
  const { found, hashes, rows } = await runSeeds(run);
  console.log(`seed ${seed}: ${rows} rows stored, trace ${hashes.get(seed) ?? 'none'}`);
  for (const { broken } of found) console.log(`BROKEN: ${broken}`);
  return found.length === 0;
}

async function many(file: string, from: number, count: number): Promise<boolean> {
  const started = performance.now();
  const rate = (done: number): string => ((done / (performance.now() - started)) * 1_000).toFixed(1);
  let told = started;
  let shown = 0;
  const progress = (done: number, found: readonly Found[]): void => {
    for (const { seed, broken } of found.slice(shown))
      console.log(`seed ${seed}: ${broken}\n  again: npm run test:sync -- --seed ${seed}`);
    shown = found.length;
    if (performance.now() - told < tellEvery) return;
    told = performance.now();
    console.log(`${done} of ${count} schedules, ${rate(done)} a second, ${found.length} broken`);
  };
  const workers = availableParallelism();
  const { done, rows, found } = await runSeeds({ file, from, count, workers, share, enough: 20, progress });
  console.log(
    `${done} schedules (seeds ${from} to ${from + done - 1}), ${rows} rows, ${rate(done)} a second on ${workers} workers: ` +
      (found.length === 0 ? 'all as promised' : `${found.length} BROKEN`),
  );
  return found.length === 0;
}

async function main(): Promise<boolean> {
  const { file, remove } = await bundle();
  try {
    if (values.seed !== undefined) return await again(file, Number(values.seed));
    return await many(file, Number(values.from ?? 1), Number(values.seeds ?? 2_000));
  } finally {
    await remove();
  }
}

void main().then((isWell) => {
  process.exitCode = isWell ? 0 : 1;
});
