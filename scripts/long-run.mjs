import { ensureBuilt } from './build.mjs';
import { runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';
import { readNumbers } from './numbers.mjs';
import { ensureStrace } from './strace.mjs';

/**
 * The same test files as in `npm test`, with more of everything. Ends the process with their status.
 * @param {{ command: string, option: string, files: string[], amounts: (count: number) => Record<string, number> }} wish
 */
export async function longRun({ command, option, files, amounts }) {
  const usage = `npm run ${command} -- [--${option} <how many>] [--seed <number>]`;
  const given = readNumbers([option, 'seed'], usage);
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
