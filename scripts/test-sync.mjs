import { parseArgs } from 'node:util';
import { giveUp, runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

const usage = 'npm run test:sync -- [--seeds <how many>] [--seed <one, again>]';

/** @param {string | undefined} text @param {string} name */
function count(text, name) {
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    giveUp(`${name} must be a whole number of at most nine digits.\n${usage}`, 2);
  return text;
}

function readArguments() {
  try {
    const text = /** @type {const} */ ({ type: 'string' });
    return parseArgs({ options: { seeds: text, seed: text }, strict: true }).values;
  } catch (error) {
    return giveUp(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
}

const wanted = readArguments();
const seeds = count(wanted.seeds, '--seeds');
const seed = count(wanted.seed, '--seed');
await ensureInstalled();
const env = { ...(seeds ? { WEFT_SEEDS: seeds } : {}), ...(seed ? { WEFT_SEED: seed } : {}) };
const { status } = await runNode(['node_modules/vitest/vitest.mjs', 'run', '--project', 'sync'], { env });
process.exit(status);
