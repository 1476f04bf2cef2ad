import { runSource } from './source.mjs';

await runSource('server/seed.ts');
