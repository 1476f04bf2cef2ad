import { runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

await ensureInstalled();
const { status } = await runNode(['--import', 'tsx', 'server/check.ts', ...process.argv.slice(2)]);
process.exit(status);
