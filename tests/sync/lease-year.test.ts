import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { bundle } from './simulation/bundle.ts';
import type { Year, YearEnd } from './simulation/lease-year.ts';

/** `WEFT_YEAR_WRITERS=50` has everybody write every day. */
const aDay = Number(process.env['WEFT_YEAR_WRITERS'] ?? 3);

test('a document that 50 people write in for a year holds fewer than 500 client ids', async () => {
  const { file, remove } = await bundle([], 'lease-year.ts');
  const seed = Math.floor(Math.random() * 2 ** 31);
  const year: Year = { people: 50, days: 365, aDay, seed };
  const end = await new Promise<YearEnd>((resolve, reject) => {
    const worker = new Worker(file, { workerData: year });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  await remove();
  console.log(`seed ${seed}: ${JSON.stringify(end)}`);
  expect(end.broken, `seed ${seed}`).toBeNull();
  expect(end.sessions).toBe(year.days * aDay);
  expect(end.inDocument, `seed ${seed}`).toBeLessThan(500);
}, 900_000);
