/* Builds a service worker to sw.js and writes into it which files this version consists of. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundleOf } from 'esbuild';
import type { Plugin } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const output = 'sw.js';

export interface ServiceWorkerOptions {
  /** From the root of the repository. */
  readonly source: string;
  /** Where the build is served: `/`, or a folder with a slash at both ends. */
  readonly base: string;
}

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });

export const serviceWorker = ({ source, base }: ServiceWorkerOptions): Plugin => {
  let publicDir = '';
  return {
    name: 'weft-service-worker',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle: {
      order: 'post',
      async handler(_options, bundle) {
        const hash = createHash('sha256');
        const files: string[] = [];
        for (const [name, item] of Object.entries(bundle)) {
          if (name.startsWith('.vite/')) continue;
          files.push(`${base}${name}`);
          hash.update(name).update(item.type === 'chunk' ? item.code : item.source);
        }
        for (const path of publicDir ? filesBelow(publicDir) : []) {
          files.push(`${base}${relative(publicDir, path).replaceAll('\\', '/')}`);
          hash.update(path.slice(publicDir.length)).update(readFileSync(path));
        }
        files.sort();
        const build = { version: hash.digest('hex').slice(0, 16), files };
        // By itself: a worker that shares files with the pages could not start from one file.
        const made = await bundleOf({
          entryPoints: [join(root, source)],
          bundle: true,
          write: false,
          minify: true,
          format: 'iife',
          target: 'es2022',
          define: { __WEFT_BUILD__: JSON.stringify(build) },
        });
        const code = made.outputFiles[0]!.text;
        if (!code.includes(build.version)) throw new Error('The service worker has no list of its files.');
        this.emitFile({ type: 'asset', fileName: output, source: code });
      },
    },
  };
};
