import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { onlyOnce } from './vite.config.ts';

const environment = fileURLToPath(new URL('tests/support/browser-code-environment.ts', import.meta.url));

const plugins = () => [svelte({ configFile: false, compilerOptions: { runes: true } })];
const forNode = { plugins: plugins(), resolve: { dedupe: onlyOnce } };
// Svelte's reactive build, not the one for servers: tests watch signals change.
const forBrowserCode = {
  plugins: plugins(),
  resolve: { dedupe: onlyOnce, conditions: ['browser', 'module', 'development|production'] },
};

export default defineConfig({
  test: {
    // All processors: the default leaves one to whoever works beside it.
    maxWorkers: '100%',
    projects: [
      {
        ...forNode,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['tests/{shared,server,contracts}/**/*.test.ts', 'tests/*.test.ts'],
          testTimeout: 15_000,
        },
      },
      {
        ...forBrowserCode,
        test: {
          name: 'client',
          environment,
          include: ['tests/client/**/*.test.ts'],
          testTimeout: 15_000,
        },
      },
      {
        ...forNode,
        test: {
          name: 'sync',
          environment: 'node',
          include: ['tests/sync/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 30_000,
        },
      },
      {
        ...forNode,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/{e2e,faults}/**/*.test.ts'],
          // Each file starts its own relay and browsers; two at once would measure each other.
          fileParallelism: false,
          // After everything else, for the same reason.
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
