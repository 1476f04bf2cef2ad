/*
 * Which rows of a long list are near the screen, where the list stands among other things in a part that scrolls: only
 * those need to be drawn. All rows are of one height.
 */
import type { Attachment } from 'svelte/attachments';

/** Rows drawn in reserve on either side. */
const reserve = 10;

export class NearScreen {
  readonly #count: () => number;
  #height = $state(40);
  #top = $state(0);
  #bottom = $state(0);

  /** `count`: of all rows. Reactive. */
  constructor(count: () => number) {
    this.#count = count;
  }

  get first(): number {
    return Math.min(this.#count(), Math.max(0, Math.floor(this.#top / this.#height) - reserve));
  }

  /** Behind the last one that is drawn. */
  get end(): number {
    return Math.min(this.#count(), Math.max(0, Math.ceil(this.#bottom / this.#height) + reserve));
  }

  /** Room for those that are not drawn, before and after. Pixels. */
  get before(): number {
    return this.first * this.#height;
  }

  get after(): number {
    return (this.#count() - this.end) * this.#height;
  }

  /** On the list; its rows are as high as `--row-1`. */
  readonly watch: Attachment<HTMLElement> = (list) => {
    const look = (): void => {
      const { top } = list.getBoundingClientRect();
      this.#height = parseFloat(getComputedStyle(list).getPropertyValue('--row-1')) || this.#height;
      this.#top = -top;
      this.#bottom = innerHeight - top;
    };
    look();
    // Scrolling does not bubble, and what stands above may open and close.
    addEventListener('scroll', look, { capture: true, passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(document.documentElement);
    if (list.parentElement) resized.observe(list.parentElement);
    return () => {
      removeEventListener('scroll', look, { capture: true });
      resized.disconnect();
    };
  };
}
