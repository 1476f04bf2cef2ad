import { expect, test } from 'vitest';
import type { SegmentInfo } from '../../../client/data/search/segment.ts';
import { toMerge } from '../../../client/data/search/tiers.ts';

/** Segments by the units of each; those in one list are of one run. */
const infos = (runs: readonly (number | number[])[]): SegmentInfo[] => {
  let id = 0;
  return runs.flatMap((run, i) =>
    [run].flat().map((units) => ({ id: id++, run: i, units, times: [], oldest: 0, tokens: [], bytes: 0 })),
  );
};

const rows: readonly { runs: (number | number[])[]; merged: number[] | null }[] = [
  { runs: [], merged: null },
  { runs: [10, 10, 10], merged: null },
  { runs: [10, 10, 10, 10], merged: [0, 1, 2, 3] },
  { runs: [200, 10, 20, 30, 10], merged: [1, 2, 3, 4] },
  // Smaller ones behind those of a size go with them, but larger ones are not written again for them.
  { runs: [200, 200, 200, 200, 10], merged: [0, 1, 2, 3, 4] },
  { runs: [1_000, 200, 200, 200, 200], merged: [1, 2, 3, 4] },
  { runs: [1_000, 200, 200, 200, 10, 10, 10], merged: null },
  { runs: [1_000, 10, 1_000, 200, 1_000, 10, 1_000], merged: [0, 1, 2, 3, 4, 5, 6] },
  // A run counts as one, and is of the size of all of it.
  { runs: [[10, 10, 10, 10]], merged: null },
  { runs: [[200, 200, 200, 200], 200, 200, 200], merged: null },
  { runs: [[100, 100], 200, [70, 70, 60], 200], merged: [0, 1, 2, 3, 4, 5, 6] },
];
test.each(rows)('of $runs it merges $merged', ({ runs, merged }) => {
  expect(toMerge(infos(runs), 32)?.map(({ id }) => id) ?? null).toEqual(merged);
});
