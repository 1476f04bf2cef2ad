import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { bundle } from './simulation/bundle.ts';
import { planted, type Planted } from './simulation/planted.ts';
import { runSeeds } from './simulation/pool.ts';

/** Schedules that may be needed; most bugs show within ten. */
const most = 300;

interface Shown {
  readonly name: string;
  readonly after: number | null;
  readonly as: string;
}

async function find({ name, changes }: Planted): Promise<Shown> {
  const { file, remove } = await bundle(changes);
  try {
    const { found } = await runSeeds({ file, from: 1, count: most, workers: 1, share: 2, enough: 1 });
    const [first] = found;
    return { name, after: first?.seed ?? null, as: first?.broken.split('\n')[0] ?? 'nobody noticed' };
  } finally {
    await remove();
  }
}

test('every planted bug is found', async () => {
  const waiting = [...planted];
  const shown: Shown[] = [];
  const take = async (): Promise<void> => {
    for (let each = waiting.shift(); each; each = waiting.shift()) shown.push(await find(each));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, take));
  shown.sort((a, b) => (a.after ?? most) - (b.after ?? most));
  const lines = shown.map(({ name, after, as }) => `${String(after ?? '-').padStart(4)}  ${name}: ${as}`);
  console.log(`planted bugs, found in schedule …\n${lines.join('\n')}`);
  expect(shown.filter(({ after }) => after === null)).toEqual([]);
  expect(shown.length).toBeGreaterThanOrEqual(20);
}, 900_000);
