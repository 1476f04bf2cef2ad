import { runNode } from './command.mjs';
import { ensureInstalled } from './install.mjs';

await ensureInstalled();
const program = 'server/backup/backup-command.ts';
const { status } = await runNode(['--import', 'tsx', program, ...process.argv.slice(2)]);
process.exit(status);
