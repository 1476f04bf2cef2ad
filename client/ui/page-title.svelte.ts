/*
 * What the browser's tab says. A pane names itself with `usePageTitle(() => title)` while it is on screen; the shell
 * adds the unread count and the workspace.
 */
import { untrack } from 'svelte';

class PageTitle {
  #names = $state.raw<readonly { readonly key: symbol; readonly text: string }[]>([]);

  /** The title of the pane that came last; empty when none has one. */
  get current(): string {
    return this.#names.at(-1)?.text ?? '';
  }

  set(key: symbol, text: string): void {
    const rest = this.#names.filter((name) => name.key !== key);
    this.#names = text === '' ? rest : [...rest, { key, text }];
  }
}

export const pageTitle = new PageTitle();

/** Call while a component is being set up; the title goes with the component. */
export const usePageTitle = (text: () => string): void => {
  const key = Symbol('page title');
  $effect(() => {
    const current = text();
    untrack(() => pageTitle.set(key, current));
  });
  $effect(() => () => pageTitle.set(key, ''));
};
