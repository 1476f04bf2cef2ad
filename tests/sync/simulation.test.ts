import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from './simulation/bundle.ts';
import { runSeeds } from './simulation/pool.ts';

const schedules = 2_000;

let program: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  program = await bundle();
});
afterAll(() => program.remove());

test(`${schedules} schedules of people, devices, relay, disks and clocks end as promised`, async () => {
  const started = performance.now();
  const workers = availableParallelism();
  const result = await runSeeds({ file: program.file, from: 1, count: schedules, workers, enough: 3 });
  const rate = (result.done / (performance.now() - started)) * 1_000;
  console.log(`${result.done} schedules, ${rate.toFixed(1)} a second, ${result.rows} rows`);
  const again = result.found.map(({ seed, broken }) => `npm run test:sync -- --seed ${seed}: ${broken}`);
  expect(again).toEqual([]);
  expect(result.done).toBe(schedules);
}, 900_000);

test('a seed does the same again, event for event', async () => {
  const run = { file: program.file, from: 1, count: 12 };
  const first = await runSeeds({ ...run, workers: 1, share: 12 });
  const second = await runSeeds({ ...run, workers: 2, share: 1 });
  expect(second.hashes).toEqual(first.hashes);
  expect(new Set(first.hashes.values()).size).toBe(run.count);
}, 120_000);
