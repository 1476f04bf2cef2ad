import { longRun } from './long-run.mjs';

const points = 9;

// As many kills at any moment as were asked for, and as many again spread over the named points.
await longRun({
  command: 'test:kills',
  option: 'kills',
  files: ['tests/e2e/durability.test.ts', 'tests/faults/kill-points.test.ts'],
  amounts: (kills) => ({ WEFT_KILLS: kills, WEFT_POINT_KILLS: Math.ceil(kills / points) }),
});
