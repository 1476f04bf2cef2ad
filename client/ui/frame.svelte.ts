/*
 * How much room there is, and whether the side panel is open. Widths as in the design: phone below 640, tablet below
 * 1024, desktop from there on. The panel has a column of its own from 1200; with less it would leave the content a slit.
 */
import { followKeyboard } from './keyboard.ts';

export type FrameWidth = 'phone' | 'tablet' | 'desktop';

const sideKey = 'weft.side-open';

const query = (text: string): MediaQueryList | undefined =>
  typeof matchMedia === 'undefined' ? undefined : matchMedia(text);

const storedSide = (): boolean => {
  try {
    return localStorage.getItem(sideKey) === '1';
  } catch {
    return false;
  }
};

class Frame {
  readonly #tablet = query('(min-width: 640px)');
  readonly #desktop = query('(min-width: 1024px)');
  readonly #roomy = query('(min-width: 1200px)');
  #width = $state<FrameWidth>(this.#measure());
  #sideFits = $state(this.#roomy?.matches ?? true);
  #sideOpen = $state(storedSide());

  get width(): FrameWidth {
    return this.#width;
  }

  get phone(): boolean {
    return this.#width === 'phone';
  }

  /** Whether the panel stands beside the content instead of covering it. */
  get sideFits(): boolean {
    return this.#sideFits;
  }

  /** The panel on the right. Remembered where it fits; elsewhere it covers the content and starts closed. */
  get sideOpen(): boolean {
    return this.#sideOpen;
  }

  set sideOpen(open: boolean) {
    this.#sideOpen = open;
    if (!this.#sideFits) return;
    try {
      localStorage.setItem(sideKey, open ? '1' : '0');
    } catch {
      // Not remembered then.
    }
  }

  toggleSide(): void {
    this.sideOpen = !this.sideOpen;
  }

  /** Follows the window's width and the on-screen keyboard; returns the way to stop. */
  start(): () => void {
    const follow = (): void => {
      this.#width = this.#measure();
      const fits = this.#roomy?.matches ?? true;
      if (!fits && this.#sideFits) this.#sideOpen = false;
      this.#sideFits = fits;
    };
    follow();
    if (!this.#sideFits) this.#sideOpen = false;
    const stopKeyboard = followKeyboard();
    this.#tablet?.addEventListener('change', follow);
    this.#desktop?.addEventListener('change', follow);
    this.#roomy?.addEventListener('change', follow);
    return () => {
      stopKeyboard();
      this.#tablet?.removeEventListener('change', follow);
      this.#desktop?.removeEventListener('change', follow);
      this.#roomy?.removeEventListener('change', follow);
    };
  }

  #measure(): FrameWidth {
    if (this.#desktop?.matches ?? true) return 'desktop';
    return this.#tablet?.matches ? 'tablet' : 'phone';
  }
}

export const frame = new Frame();
