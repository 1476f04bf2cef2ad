import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { runSource } from './source.mjs';

await ensureInstalled();
await ensureBuilt();
await runSource('tests/bench/main.ts');
