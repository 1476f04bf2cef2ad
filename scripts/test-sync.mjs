import { readNumbers } from './numbers.mjs';
import { runSource } from './source.mjs';

const usage = 'npm run test:sync -- [--seeds <how many>] [--from <first>] [--seed <one, with its events>]';
readNumbers(['seeds', 'from', 'seed'], usage);
await runSource('tests/sync/simulation/main.ts');
