import { runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';
import { readNumbers } from './numbers.mjs';

const usage = 'npm run test:frames -- [--frames <how many>] [--seed <number>]';
const { frames = '1000000', seed } = readNumbers(['frames', 'seed'], usage);
await ensureInstalled();
const env = { WEFT_FRAMES: frames, ...(seed === undefined ? {} : { WEFT_SEED: seed }) };
const tests = ['--project', 'unit', 'tests/server/malformed-frames.test.ts'];
const { status } = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...tests], { env });
process.exit(status);
