import { runSource } from './source.mjs';

await runSource('server/backup.ts');
