import { ensureBuilt } from './build.mjs';
import { runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

await ensureInstalled();
await ensureBuilt();
const { status } = await runNode(['--import', 'tsx', 'tests/bench/main.ts', ...process.argv.slice(2)]);
process.exit(status);
