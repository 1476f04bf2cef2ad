import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { giveUp, root, runNode, wasStopped } from './command.mjs';
import { ensureInstalled } from './install.mjs';
import { alone } from './lock.mjs';

const sources = [
  'client',
  'server',
  'shared',
  'package-lock.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'vite.config.ts',
  'vite.guest.config.ts',
  'scripts/build.mjs',
];
const products = [
  'dist/relay.mjs',
  'dist/history-worker.mjs',
  'dist/client/index.html',
  'dist/client/c/guest.html',
];
const mark = join(root, 'dist', '.built-from');

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** Contents, not dates: a checkout that goes there and back again needs no new build. */
function sourcesHash() {
  const hash = createHash('sha256');
  for (const file of sources.flatMap((source) => filesBelow(join(root, source))))
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

const isCurrent = () =>
  products.every((product) => existsSync(join(root, product))) &&
  existsSync(mark) &&
  readFileSync(mark, 'utf8') === sourcesHash();

async function buildRelay() {
  const esbuild = await import('esbuild');
  await esbuild.build({
    absWorkingDir: root,
    // The thread beside the relay finds its code there, too.
    entryPoints: { relay: 'server/main.ts', 'history-worker': 'server/history/worker.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'warning',
  });
}

async function buildClient() {
  const vite = await import('vite');
  // The guest's page lies in a folder of the other's, which empties that first.
  for (const config of ['vite.config.ts', 'vite.guest.config.ts'])
    await vite.build({ configFile: join(root, config), logLevel: 'warn' });
}

/** Builds dist/relay.mjs and dist/client, unless they were made of just these sources. */
export async function ensureBuilt() {
  if (isCurrent()) return;
  await alone('build', async () => {
    if (isCurrent()) return;
    console.log('Building the client and the relay …');
    // In a process of its own: the bundlers' half gigabyte must not stay with the relay.
    const { status } = await runNode([join(root, 'scripts', 'build.mjs'), '--only']);
    if (wasStopped()) process.exit(status);
    if (status !== 0) giveUp('The build failed; the reason stands above.', status);
  });
}

async function buildNow() {
  const from = sourcesHash();
  const began = performance.now();
  await buildRelay();
  await buildClient();
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(mark, from);
  console.log(`Built in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--only')) await ensureInstalled();
  // A bundler's stack says nothing about the fault in the source; its message does.
  await buildNow().catch((error) => giveUp(error instanceof Error ? error.message : String(error)));
}
