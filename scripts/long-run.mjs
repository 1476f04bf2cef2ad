import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { giveUp, runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';
import { ensureStrace } from './strace.mjs';

/**
 * The same test files as in `npm test`, with more of everything. Ends the process with their status.
 * @param {{ command: string, option: string, files: string[], amounts: (count: number) => Record<string, number> }} wish
 */
export async function longRun({ command, option, files, amounts }) {
  const usage = `npm run ${command} -- [--${option} <how many>] [--seed <number>]`;
  const text = /** @type {const} */ ({ type: 'string' });
  /** @type {Record<string, string | undefined>} */
  let given;
  try {
    given = parseArgs({ options: { [option]: text, seed: text }, strict: true }).values;
  } catch (error) {
    return giveUp(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2);
  }
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && !/^\d{1,10}$/.test(value))
      giveUp(`--${name} must be a whole number.\n${usage}`, 2);
  await ensureInstalled();
  await ensureStrace();
  await ensureBuilt();
  /** @type {Record<string, string>} */
  const env = given['seed'] ? { WEFT_SEED: given['seed'] } : {};
  const count = given[option];
  if (count) for (const [name, amount] of Object.entries(amounts(Number(count)))) env[name] = String(amount);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'e2e', ...files];
  const { status } = await runNode(args, { env });
  process.exit(status);
}
