/** A key of the simulated IndexedDB. */
export type Key = number | string | readonly Key[];

const rank = (key: Key): number => (typeof key === 'number' ? 0 : typeof key === 'string' ? 1 : 2);

/** As IndexedDB orders keys: numbers, then texts, then lists. */
export function compare(a: Key, b: Key): number {
  if (typeof a === 'object' && typeof b === 'object') {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const each = compare(a[i]!, b[i]!);
      if (each !== 0) return each;
    }
    return a.length - b.length;
  }
  const ranks = rank(a) - rank(b);
  return ranks !== 0 ? ranks : a < b ? -1 : a > b ? 1 : 0;
}

export const isKey = (value: unknown): value is Key =>
  typeof value === 'string' ||
  (typeof value === 'number' && !Number.isNaN(value)) ||
  (Array.isArray(value) && value.every(isKey));

export class KeyRange {
  readonly #has: (key: Key) => boolean;
  constructor(has: (key: Key) => boolean) {
    this.#has = has;
  }
  includes(key: Key): boolean {
    return this.#has(key);
  }
  static bound(low: Key, high: Key, lowOpen = false, highOpen = false): KeyRange {
    return new KeyRange((key) => {
      const [above, below] = [compare(key, low), compare(key, high)];
      return (lowOpen ? above > 0 : above >= 0) && (highOpen ? below < 0 : below <= 0);
    });
  }
  static only(key: Key): KeyRange {
    return KeyRange.bound(key, key);
  }
  static lowerBound(low: Key, open = false): KeyRange {
    return new KeyRange((key) => (open ? compare(key, low) > 0 : compare(key, low) >= 0));
  }
  static upperBound(high: Key, open = false): KeyRange {
    return new KeyRange((key) => (open ? compare(key, high) < 0 : compare(key, high) <= 0));
  }
}

export type Query = Key | KeyRange | null | undefined;
export const matches = (query: Query, key: Key): boolean =>
  query == null || (query instanceof KeyRange ? query.includes(key) : compare(query, key) === 0);

/** Where a record with this key is, or would be. */
export function placeOf(records: readonly { readonly key: Key }[], key: Key): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(records[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
