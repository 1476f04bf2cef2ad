/*
 * Rows of unknown height in a window that is pinned to its end: what is prepended or measured above does not move what
 * one reads, what is appended is followed only while one is at the end. @tanstack/virtual-core does the arithmetic; this
 * class makes it reactive.
 */
import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualItem,
} from '@tanstack/virtual-core';

/** Closer to the end than this counts as being there. Pixels. */
const nearEnd = 48;

export interface Rows {
  readonly count: number;
  keyOf(index: number): string;
  /** A guess in pixels, replaced by the real height once a row is on screen. */
  estimate(index: number): number;
  /** What is appended is new, and followed by whoever is at the end. */
  follow: boolean;
}

export class Scroller {
  #items = $state.raw<readonly VirtualItem[]>([]);
  #total = $state(0);
  #atEnd = $state(true);
  #element: HTMLElement | null = null;
  #virtualizer: Virtualizer<HTMLElement, HTMLElement> | null = null;
  #rows: Rows = { count: 0, keyOf: String, estimate: () => 60, follow: true };

  get items(): readonly VirtualItem[] {
    return this.#items;
  }

  /** Height of all rows in pixels. */
  get total(): number {
    return this.#total;
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Distance from the upper edge of the window to the first row. */
  get offset(): number {
    return this.#items[0]?.start ?? 0;
  }

  /** Starts on this element; returns the way to stop. */
  attach(element: HTMLElement): () => void {
    this.#element = element;
    const virtualizer = new Virtualizer<HTMLElement, HTMLElement>(this.#options());
    this.#virtualizer = virtualizer;
    const stop = virtualizer._didMount();
    virtualizer._willUpdate();
    this.#sync();
    const stopFollowing = followEnd(element);
    return () => {
      stopFollowing();
      stop();
      this.#virtualizer = null;
      this.#element = null;
    };
  }

  /** The rows changed. Keeps the place, or stays at the end. */
  update(rows: Rows): void {
    this.#rows = rows;
    const virtualizer = this.#virtualizer;
    if (!virtualizer) return;
    virtualizer.setOptions(this.#options());
    // The box must be as high as its rows before the place in it is set, or the browser cuts the place off.
    this.#sync();
    this.#stretch();
    virtualizer._willUpdate();
    this.#sync();
  }

  readonly measure = (row: HTMLElement): (() => void) => {
    this.#virtualizer?.measureElement(row);
    return () => this.#virtualizer?.measureElement(null);
  };

  toEnd(behavior: 'auto' | 'smooth' = 'auto'): void {
    this.#virtualizer?.scrollToEnd({ behavior });
  }

  toRow(index: number, align: 'start' | 'center' | 'end'): void {
    this.#virtualizer?.scrollToIndex(index, { align });
  }

  /** First and last row that is really visible, without the ones drawn in reserve. */
  visible(): { readonly first: number; readonly last: number } | null {
    const virtualizer = this.#virtualizer;
    // As it was told last: to ask the page would have it laid out once more in every frame.
    const height = virtualizer?.scrollRect?.height ?? 0;
    if (!virtualizer || height === 0 || this.#rows.count === 0) return null;
    const top = virtualizer.scrollOffset ?? 0;
    const first = virtualizer.getVirtualItemForOffset(top)?.index;
    const last = virtualizer.getVirtualItemForOffset(top + height - 1)?.index;
    return first === undefined || last === undefined ? null : { first, last };
  }

  #options(): ConstructorParameters<typeof Virtualizer<HTMLElement, HTMLElement>>[0] {
    const rows = this.#rows;
    return {
      count: rows.count,
      getScrollElement: () => this.#element,
      estimateSize: (index) => rows.estimate(index),
      getItemKey: (index) => rows.keyOf(index),
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      overscan: 8,
      paddingStart: 16,
      paddingEnd: 12,
      anchorTo: 'end',
      followOnAppend: rows.follow,
      scrollEndThreshold: nearEnd,
      onChange: () => this.#sync(),
    };
  }

  #sync(): void {
    const virtualizer = this.#virtualizer;
    if (!virtualizer) return;
    const items = virtualizer.getVirtualItems();
    if (items !== this.#items) this.#items = items;
    this.#total = virtualizer.getTotalSize();
    this.#atEnd = virtualizer.isAtEnd(nearEnd);
  }

  #stretch(): void {
    const box = this.#element?.firstElementChild;
    if (box instanceof HTMLElement) box.style.height = `${this.#total}px`;
  }
}

/** Whoever is at the end stays there when the window becomes smaller: a keyboard comes up, or the box below grows. */
function followEnd(element: HTMLElement): () => void {
  let height = element.clientHeight;
  const observer = new ResizeObserver(() => {
    const wasAtEnd = element.scrollTop + height >= element.scrollHeight - nearEnd;
    height = element.clientHeight;
    if (wasAtEnd) element.scrollTop = element.scrollHeight;
  });
  observer.observe(element);
  return () => observer.disconnect();
}
