/* Builds service-worker.ts to /sw.js and writes into it which files this version consists of. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const source = fileURLToPath(new URL('service-worker.ts', import.meta.url));
const output = 'sw.js';

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });

export const serviceWorker = (): Plugin => {
  let publicDir = '';
  return {
    name: 'weft-service-worker',
    apply: 'build',
    enforce: 'post',
    configResolved(config) {
      publicDir = config.publicDir;
    },
    buildStart() {
      this.emitFile({ type: 'chunk', id: source, fileName: output });
    },
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const worker = bundle[output];
        if (worker?.type !== 'chunk') throw new Error('The service worker was not built.');
        const hash = createHash('sha256');
        const files: string[] = [];
        for (const [name, item] of Object.entries(bundle)) {
          if (name === output || name.startsWith('.vite/')) continue;
          files.push(`/${name}`);
          hash.update(name).update(item.type === 'chunk' ? item.code : item.source);
        }
        for (const path of publicDir ? filesBelow(publicDir) : []) {
          files.push(`/${relative(publicDir, path).replaceAll('\\', '/')}`);
          hash.update(path.slice(publicDir.length)).update(readFileSync(path));
        }
        files.sort();
        const build = { version: hash.digest('hex').slice(0, 16), files };
        if (!worker.code.includes('__WEFT_BUILD__'))
          throw new Error('The service worker has no place for its files.');
        worker.code = worker.code.replaceAll('__WEFT_BUILD__', () => JSON.stringify(build));
      },
    },
  };
};
