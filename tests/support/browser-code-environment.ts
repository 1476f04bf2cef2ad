import type { Environment } from 'vitest/environments';

/**
 * Node's globals (so that byte arrays, streams and fake-indexeddb come from one realm), but modules are compiled as
 * for a browser: Svelte's runes react, where a server build would run them once.
 */
const environment: Environment = {
  name: 'browser-code',
  viteEnvironment: 'client',
  setup: () => ({ teardown() {} }),
};

export default environment;
