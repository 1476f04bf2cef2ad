import { runSource } from './source.mjs';

await runSource('server/check.ts');
