import { runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

/**
 * Runs a program of the sources with what `npm run … --` was given, and ends with its status.
 * @param {string} program its path in the checkout
 */
export async function runSource(program) {
  await ensureInstalled();
  const { status } = await runNode(['--import', 'tsx', program, ...process.argv.slice(2)]);
  process.exit(status);
}
