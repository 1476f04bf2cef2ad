/**
 * Where somebody was in a list. On a phone the list leaves the page while one of its rows is open; it comes back at the
 * same height with the focus on that row. A list keeps one of these in its module, so that it lives as long as the page.
 */
export interface ListPlace {
  /** Pixels. */
  top: number;
  /** The row that was open last. */
  key: string | undefined;
}

export const newListPlace = (): ListPlace => ({ top: 0, key: undefined });
