import { runSource } from './source.mjs';

await runSource('server/repair.ts');
