/* Short notes at the foot of the page: what was done, with the way to undo it. At most three at a time. */
import { untrack } from 'svelte';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: 'plain' | 'done' | 'danger';
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Milliseconds on screen; `null` stays until it is dismissed. Hovering or focusing it stops the clock. */
  readonly duration: number | null;
}

export type NewToast = Pick<Toast, 'text' | 'action'> & Partial<Pick<Toast, 'kind' | 'duration'>>;

const most = 3;

class Toasts {
  #items = $state.raw<readonly Toast[]>([]);
  #next = 1;

  get items(): readonly Toast[] {
    return this.#items;
  }

  /** Shows a note and returns its id. One with an action stays longer: people must have time to reach it. */
  show(toast: NewToast): number {
    const id = this.#next;
    this.#next += 1;
    const duration = toast.duration === undefined ? (toast.action ? 8000 : 4000) : toast.duration;
    // Called from effects too, which must not depend on the list they add to.
    const items = untrack(() => this.#items);
    this.#items = [...items, { ...toast, id, kind: toast.kind ?? 'plain', duration }].slice(-most);
    return id;
  }

  dismiss(id: number): void {
    this.#items = untrack(() => this.#items).filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
