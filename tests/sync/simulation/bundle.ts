import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Mutation } from './mutation.ts';
import { smallBounds } from './small-bounds.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const here = (file: string): string => join(root, 'tests/sync/simulation', file);

function planting(mutations: readonly Mutation[]): Plugin {
  return {
    name: 'planting',
    setup({ onLoad, onEnd }) {
      const left = new Set(mutations);
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const ofFile = mutations.filter(({ file }) => join(root, file) === path);
        if (ofFile.length === 0) return null;
        let contents = await readFile(path, 'utf8');
        for (const mutation of ofFile) {
          const parts = contents.split(mutation.replace);
          if (parts.length !== 2)
            throw new Error(
              `${mutation.file} has ${parts.length - 1} times what is to be changed: ${mutation.replace}`,
            );
          contents = parts.join(mutation.with);
          left.delete(mutation);
        }
        return { contents, loader: 'ts' };
      });
      onEnd(() => {
        for (const { file } of left) throw new Error(`the simulation does not use ${file}`);
      });
    },
  };
}

/**
 * Relay, devices and world as one program of their own, on the simulated disk; `planted` is changed in it; `entry` is
 * what its thread begins with.
 * @throws when the text of a mutation is not there
 */
export async function bundle(
  planted: readonly Mutation[] = [],
  entry = 'worker.ts',
): Promise<{ readonly file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-simulation-'));
  const file = join(folder, 'worker.mjs');
  await build({
    entryPoints: [here(entry)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    alias: { idb: here('device-disk.ts') },
    plugins: [planting([...smallBounds, ...planted])],
  });
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}
