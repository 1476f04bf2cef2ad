import { parseArgs } from 'node:util';
import { giveUp, runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

const usage = 'npm run test:frames -- [--frames <how many>] [--seed <one>]';

function readArguments() {
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    return parseArgs({ options: { frames: text, seed: text }, strict: true }).values;
  } catch (error) {
    return giveUp(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
}

const { frames = '1000000', seed } = readArguments();
for (const value of [frames, seed ?? '0'])
  if (!/^\d{1,10}$/.test(value)) giveUp(`Numbers are whole and have at most ten digits.\n${usage}`, 2);
await ensureInstalled();
process.env['WEFT_FRAMES'] = frames;
if (seed !== undefined) process.env['WEFT_SEED'] = seed;
const tests = ['--project', 'unit', 'tests/server/malformed-frames.test.ts'];
const { status } = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...tests]);
process.exit(status);
