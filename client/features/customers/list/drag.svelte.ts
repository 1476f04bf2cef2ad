/* Dragging a card by the mouse or a pen to what is marked with `data-drop`. A finger scrolls: it has the menu. */

/** Pixels before a press is a drag and not a click. */
const slack = 6;

class Dragging<Item> {
  item = $state.raw<Item | null>(null);
  /** What it would be dropped on. */
  over = $state<string | null>(null);
  x = $state(0);
  y = $state(0);
  readonly #drop: (item: Item, on: string) => void;

  constructor(drop: (item: Item, on: string) => void) {
    this.#drop = drop;
  }

  press(event: PointerEvent, item: Item): void {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    const from = { x: event.clientX, y: event.clientY };
    const ended = new AbortController();
    const { signal } = ended;
    const move = ({ clientX, clientY }: PointerEvent): void => {
      if (!this.item && Math.hypot(clientX - from.x, clientY - from.y) < slack) return;
      this.item = item;
      [this.x, this.y] = [clientX, clientY];
      const under = document.elementFromPoint(clientX, clientY)?.closest<HTMLElement>('[data-drop]');
      this.over = under?.dataset['drop'] ?? null;
    };
    const end = (): void => {
      ended.abort();
      this.item = null;
      this.over = null;
    };
    const stay = (click: Event): void => {
      click.preventDefault();
      click.stopPropagation();
    };
    const drop = (): void => {
      const [dragged, on] = [this.item, this.over];
      end();
      if (!dragged) return;
      // The click that a release brings is no wish to open it.
      addEventListener('click', stay, { capture: true });
      setTimeout(() => removeEventListener('click', stay, { capture: true }), 0);
      if (on !== null) this.#drop(dragged, on);
    };
    addEventListener('pointermove', move, { signal });
    addEventListener('pointerup', drop, { signal });
    addEventListener('pointercancel', end, { signal });
    addEventListener(
      'keydown',
      (key: KeyboardEvent) => {
        if (key.key === 'Escape') end();
      },
      { signal },
    );
  }
}

/** `drop` is told what was dropped on which mark. */
export const dragging = <Item>(drop: (item: Item, on: string) => void): Dragging<Item> => new Dragging(drop);
