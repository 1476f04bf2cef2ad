import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { serviceWorker } from './client/pwa/vite-plugin.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** All of it is one script, so what others load when they need it is here already, and nothing has to load it. */
const atOnce: Plugin = {
  name: 'weft:at-once',
  enforce: 'pre',
  transform(code, id) {
    const later = /await import\('(\.[^']+)'\)/;
    const from = id.endsWith('.ts') ? later.exec(code)?.[1] : undefined;
    if (from === undefined) return null;
    return { code: `import * as atOnce from '${from}';\n${code.replace(later, 'atOnce')}`, map: null };
  },
};

/**
 * The guest's page. A build of its own: what it shares with the members' pages it has a copy of, so that it loads what it
 * uses and nothing else. Everything of it lies below /c/, where its service worker ends too.
 */
export default defineConfig({
  root: here('client'),
  base: '/c/',
  publicDir: false,
  resolve: {
    alias: {
      './tooltip.svelte.ts': here('client/guest/tooltip.ts'),
      './sha256.ts': here('client/guest/sha256.ts'),
    },
  },
  plugins: [
    atOnce,
    svelte({ configFile: false, compilerOptions: { runes: true } }),
    serviceWorker({ source: 'client/guest/service-worker.ts', base: '/c/' }),
  ],
  build: {
    outDir: here('dist/client/c'),
    emptyOutDir: true,
    modulePreload: false,
    sourcemap: false,
    target: 'es2022',
    rolldownOptions: {
      input: here('client/guest.html'),
      // One script: nothing is left to load when a newer version takes the place of this one.
      output: { codeSplitting: false },
      checks: { pluginTimings: false },
    },
  },
});
