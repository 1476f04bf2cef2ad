/* Customers that are picked to do something with all of them; the same in list, board and table. */
import { SvelteSet } from 'svelte/reactivity';

class Picked {
  /** Rows have boxes. */
  on = $state(false);
  readonly ids = new SvelteSet<string>();
  #last: string | null = null;

  /** With `range` also all between this one and the one before, in the order that is shown. */
  toggle(id: string, range: boolean, shown: readonly { readonly id: string }[]): void {
    const isOn = !this.ids.has(id);
    const from = range ? shown.findIndex((each) => each.id === this.#last) : -1;
    const to = shown.findIndex((each) => each.id === id);
    const all =
      from < 0 ? [id] : shown.slice(Math.min(from, to), Math.max(from, to) + 1).map((each) => each.id);
    for (const each of all)
      if (isOn) this.ids.add(each);
      else this.ids.delete(each);
    this.#last = id;
  }

  all(shown: readonly { readonly id: string }[]): void {
    for (const { id } of shown) this.ids.add(id);
  }

  stop(): void {
    this.on = false;
    this.ids.clear();
    this.#last = null;
  }
}

export const picked = new Picked();
