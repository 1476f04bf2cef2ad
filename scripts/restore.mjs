import { runSource } from './source.mjs';

await runSource('server/restore.ts');
