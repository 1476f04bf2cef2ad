import { parseArgs } from 'node:util';
import { giveUp, runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

const usage = 'npm run test:sync -- [--seeds <how many>] [--from <first>] [--seed <one, with its events>]';

function readArguments() {
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    return parseArgs({ options: { seeds: text, from: text, seed: text }, strict: true }).values;
  } catch (error) {
    return giveUp(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
}

const wanted = readArguments();
for (const [name, value] of Object.entries(wanted))
  if (!/^\d{1,9}$/.test(value))
    giveUp(`--${name} must be a whole number of at most nine digits.\n${usage}`, 2);
await ensureInstalled();
const passed = Object.entries(wanted).flatMap(([name, value]) => [`--${name}`, value]);
const { status } = await runNode(['--import', 'tsx', 'tests/sync/simulation/main.ts', ...passed]);
process.exit(status);
