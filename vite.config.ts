import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';
import { serviceWorker } from './client/pwa/vite-plugin.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Two copies of any of these break documents in ways nobody sees at once: types stop matching, edits get lost. */
export const onlyOnce = [
  'yjs',
  'lib0',
  'y-protocols',
  '@tiptap/core',
  '@tiptap/pm',
  '@tiptap/y-tiptap',
  'prosemirror-model',
  'prosemirror-state',
  'prosemirror-transform',
  'prosemirror-view',
];

/** With reload, contact links open the guest's page; built, the relay answers them so (`vite.guest.config.ts`). */
const guestPage: Plugin = {
  name: 'weft-guest-page',
  configureServer({ middlewares }) {
    middlewares.use((request, _response, next) => {
      if (/^\/c\/[^./]+$/.test(request.url ?? '')) request.url = '/guest.html';
      next();
    });
  },
};

const relay = process.env['WEFT_DEV_RELAY'] ?? 'http://127.0.0.1:8787';

export default defineConfig({
  root: here('client'),
  plugins: [
    svelte({ configFile: false, compilerOptions: { runes: true } }),
    serviceWorker({ source: 'client/pwa/service-worker.ts', base: '/' }),
    guestPage,
  ],
  resolve: { dedupe: onlyOnce },
  worker: { format: 'es' },
  build: {
    outDir: here('dist/client'),
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    target: 'es2022',
    // How long each plugin took is nothing for people who start a relay.
    rolldownOptions: { checks: { pluginTimings: false } },
    // The editor is one large chunk, loaded with the first document; the budget of the first screen has its own test.
    chunkSizeWarningLimit: 1000,
  },
  server: {
    fs: { allow: [here('.')] },
    proxy: {
      // The pages' own modules live at addresses too (/data/…, /app/…): only these exact beginnings go to the relay.
      '^/api/': { target: relay },
      '^/(healthz|metrics)$': { target: relay },
      '^/sync(/|\\?|$)': { target: relay, ws: true },
    },
  },
});
