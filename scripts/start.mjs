import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ensureBuilt } from './build.mjs';
import { root } from './command.mjs';
import { ensureInstalled } from './install.mjs';

await ensureInstalled();
await ensureBuilt();
process.setSourceMapsEnabled(true);
// In this very process: what stops `npm start` stops the relay, with nothing in between that could swallow the signal.
await import(pathToFileURL(join(root, 'dist', 'relay.mjs')).href);
