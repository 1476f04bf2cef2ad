/* The width of the list column, changed by hand and remembered on this device. */
const storageKey = 'weft.list-width';

export const listWidths = { least: 240, usual: 320, most: 480 } as const;

const clamp = (pixels: number): number =>
  Math.round(Math.min(listWidths.most, Math.max(listWidths.least, pixels)));

const remembered = (): number => {
  try {
    const value = Number(localStorage.getItem(storageKey));
    return value > 0 ? clamp(value) : listWidths.usual;
  } catch {
    return listWidths.usual;
  }
};

class ListWidth {
  #pixels = $state(remembered());

  get pixels(): number {
    return this.#pixels;
  }

  set pixels(value: number) {
    this.#pixels = clamp(value);
  }

  /** After dragging, not during it: storage is written once. */
  remember(): void {
    try {
      localStorage.setItem(storageKey, String(this.#pixels));
    } catch {
      // Not remembered then.
    }
  }
}

export const listWidth = new ListWidth();
