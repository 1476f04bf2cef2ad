/* A conversation or a section that is carried to another place of the list with the mouse; fingers have the menu. */

type What = 'chat' | 'section';
interface Load {
  readonly what: What;
  readonly id: string;
}

export interface Drop extends Load {
  /** The section it was let go over; empty for none. */
  readonly section: string;
  /** Over a conversation at the top. */
  readonly pinned: boolean;
}

const rowOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('[data-section]') : null;

export class Carried {
  /** Where a long press carries links away there is the menu instead. */
  readonly possible = typeof matchMedia === 'undefined' || matchMedia('(pointer: fine)').matches;
  #load = $state.raw<Load | null>(null);
  #over = $state<string | null>(null);

  /** The section whose line is to be shown as the target, or null. */
  get over(): string | null {
    return this.#over;
  }

  start(event: DragEvent, what: What, id: string): void {
    if (!event.dataTransfer) return;
    this.#load = { what, id };
    event.dataTransfer.effectAllowed = 'move';
    // Without data of its own nothing is carried in some browsers; what it is stays here.
    event.dataTransfer.setData('text/plain', '');
  }

  /** Rows say in `data-section` where something let go over them goes. */
  move(event: DragEvent): void {
    const row = rowOf(event.target);
    if (!this.#load || !row) {
      this.#over = null;
      return;
    }
    event.preventDefault();
    this.#over = row.dataset['pinned'] === undefined ? (row.dataset['section'] ?? null) : null;
  }

  drop(event: DragEvent): Drop | null {
    const row = rowOf(event.target);
    const load = this.#load;
    this.end();
    if (!load || !row) return null;
    event.preventDefault();
    return {
      ...load,
      section: row.dataset['section'] ?? '',
      pinned: row.dataset['pinned'] !== undefined,
    };
  }

  end(): void {
    this.#load = null;
    this.#over = null;
  }
}
