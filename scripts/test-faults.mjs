import { longRun } from './long-run.mjs';

await longRun({
  command: 'test:faults',
  option: 'injections',
  files: ['tests/faults/disk.test.ts', 'tests/faults/damage.test.ts'],
  amounts: (injections) => ({ WEFT_INJECTIONS: injections, WEFT_FLIPS: injections * 10 }),
});
