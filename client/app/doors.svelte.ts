/* Features come when they are first needed, each as its own file; what has come stays. */
import type { Component } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { Feature } from './feature.ts';
import type { FeatureName } from './routes.ts';

const loaders: Readonly<Record<FeatureName, () => Promise<Feature>>> = {
  accounts: async () => (await import('../features/accounts/index.ts')).feature satisfies Feature,
  chat: async () => (await import('../features/chat/index.ts')).feature satisfies Feature,
  directory: async () => (await import('../features/directory/index.ts')).feature satisfies Feature,
  customers: async () => (await import('../features/customers/index.ts')).feature satisfies Feature,
  docs: async () => (await import('../features/docs/index.ts')).feature satisfies Feature,
  todos: async () => (await import('../features/todos/index.ts')).feature satisfies Feature,
  search: async () => (await import('../features/search/index.ts')).feature satisfies Feature,
  settings: async () => (await import('../features/settings/index.ts')).feature satisfies Feature,
};

class FeatureDoors {
  readonly #loaded = new SvelteMap<FeatureName, Feature>();
  readonly #failed = new SvelteMap<FeatureName, unknown>();

  get(name: FeatureName): Feature | undefined {
    return this.#loaded.get(name);
  }

  /** What the features that are here do all the time. */
  get background(): readonly Component[] {
    return [...this.#loaded.values()].flatMap(({ background }) => background ?? []);
  }

  /** Why it could not be loaded: the network, usually, before the service worker had kept everything. */
  failure(name: FeatureName): unknown {
    return this.#failed.get(name);
  }

  async load(name: FeatureName): Promise<void> {
    if (this.#loaded.has(name)) return;
    try {
      const feature = await loaders[name]();
      this.#failed.delete(name);
      this.#loaded.set(name, feature);
    } catch (error) {
      this.#failed.set(name, error);
    }
  }

  /** Fetches the rest while nothing else happens: then every page opens at once, also offline. */
  loadAll(): Promise<unknown> {
    const names: readonly FeatureName[] = [
      'chat',
      'directory',
      'customers',
      'docs',
      'todos',
      'search',
      'settings',
    ];
    return Promise.all(names.map((name) => this.load(name)));
  }
}

export const doors = new FeatureDoors();
