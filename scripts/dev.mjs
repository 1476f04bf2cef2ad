import { join } from 'node:path';
import { root, runNode, stopRunning } from './command.mjs';
import { ensureInstalled } from './install.mjs';

const host = process.env['HOST'] ?? '127.0.0.1';
const relayPort = process.env['PORT'] ?? '8787';
const pagePort = process.env['WEFT_DEV_PORT'] ?? '5173';
const tool = (/** @type {string} */ path) => join(root, 'node_modules', path);

await ensureInstalled();
console.log(`The page with reload: http://${host}:${pagePort}   (the relay behind it: port ${relayPort})`);
const ends = [
  runNode([tool('tsx/dist/cli.mjs'), 'watch', '--clear-screen=false', 'server/main.ts'], {
    // Links and the origin check must know the address that the browser shows, not the relay's own.
    env: {
      PORT: relayPort,
      HOST: host,
      WEFT_PUBLIC_URL: process.env['WEFT_PUBLIC_URL'] ?? `http://${host}:${pagePort}`,
    },
  }),
  runNode(
    [tool('vite/bin/vite.js'), '--host', host, '--port', pagePort, '--strictPort', '--clearScreen', 'false'],
    {
      env: { WEFT_DEV_RELAY: `http://${host}:${relayPort}` },
    },
  ),
];
const first = await Promise.race(ends);
// One half alone is of no use: whichever ends, by Ctrl-C or by a fault, takes the other along.
stopRunning('SIGTERM');
await Promise.all(ends);
process.exit(first.status);
