/* Where the rows of a list stand: all of one height, or each of its own. */
export interface RowPlaces {
  /** Pixels from the top of the list; of one row more than there are: the height of the list. */
  top(index: number): number;
  /** The row at that height. */
  at(pixels: number): number;
}

export function rowPlaces<Item>(
  items: readonly Item[],
  height: number | ((item: Item) => number),
): RowPlaces {
  if (typeof height === 'number')
    return { top: (index) => index * height, at: (pixels) => Math.floor(pixels / height) };
  const tops = [0];
  for (const item of items) tops.push(tops.at(-1)! + height(item));
  return {
    top: (index) => tops[Math.min(index, items.length)]!,
    at(pixels) {
      let low = 0;
      let high = items.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tops[middle + 1]! <= pixels) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}
