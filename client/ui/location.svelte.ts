/*
 * Where the page is: the address as reactive state, over the History API. Features navigate with plain links or with
 * `navigate`; the shell turns the path into a page. Knows paths, not pages.
 */
interface Entry {
  /** How many of our own entries lie before this one: tells "back" whether there is somewhere to go. */
  readonly depth: number;
  /** The entry is that of a panel over the page; the next page takes its place. */
  readonly layer?: string;
}

const layerOf = (state: unknown): string | undefined =>
  typeof state === 'object' && state !== null && 'layer' in state && typeof state.layer === 'string'
    ? state.layer
    : undefined;

const depthOf = (state: unknown): number =>
  typeof state === 'object' && state !== null && 'depth' in state && typeof state.depth === 'number'
    ? state.depth
    : 0;

class PageLocation {
  #url = $state.raw(new URL(typeof window === 'undefined' ? 'http://localhost/' : window.location.href));

  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  get hash(): string {
    return this.#url.hash;
  }

  /** Goes to an address of this page's origin; `replace` leaves no entry behind for "back". */
  go(to: string, options: { readonly replace?: boolean } = {}): void {
    const url = new URL(to, this.#url);
    if (url.href === this.#url.href) return;
    const depth = depthOf(history.state);
    if (options.replace || layerOf(history.state) !== undefined)
      history.replaceState({ depth } satisfies Entry, '', url);
    else history.pushState({ depth: depth + 1 } satisfies Entry, '', url);
    this.#url = url;
  }

  /** One entry back if it is ours, else to `fallback`: a page opened from a link still has a way up. */
  back(fallback: string): void {
    if (depthOf(history.state) > 0) history.back();
    else this.go(fallback, { replace: true });
  }

  /**
   * Something lies over the page that "back" should close first. Returns what to call when it was closed in any way;
   * the address stays the same.
   */
  layer(close: () => void): () => void {
    const layer = crypto.randomUUID();
    const isTop = (): boolean => layerOf(history.state) === layer;
    history.pushState({ depth: depthOf(history.state) + 1, layer } satisfies Entry, '');
    const follow = (): void => {
      if (!isTop()) close();
    };
    addEventListener('popstate', follow);
    return () => {
      removeEventListener('popstate', follow);
      if (isTop()) history.back();
    };
  }

  /** Follows back and forward, and turns clicks on links of this origin into navigation; returns the way to stop. */
  start(): () => void {
    const follow = (): void => {
      this.#url = new URL(window.location.href);
    };
    const intercept = (event: MouseEvent): void => {
      const url = linkToFollow(event);
      if (!url) return;
      event.preventDefault();
      this.go(url.href);
    };
    addEventListener('popstate', follow);
    document.addEventListener('click', intercept);
    return () => {
      removeEventListener('popstate', follow);
      document.removeEventListener('click', intercept);
    };
  }
}

// Paths that the relay answers itself; a link to them must leave the page.
const relayPath = /^\/(api|sync|c|metrics|healthz)(\/|$)/;

const linkToFollow = (event: MouseEvent): URL | undefined => {
  if (event.defaultPrevented || event.button !== 0) return undefined;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return undefined;
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
  if (!(link instanceof HTMLAnchorElement)) return undefined;
  if (link.hasAttribute('download') || (link.target !== '' && link.target !== '_self')) return undefined;
  const url = new URL(link.href);
  if (url.origin !== window.location.origin || relayPath.test(url.pathname)) return undefined;
  return url;
};

export const location = new PageLocation();

export const navigate = (to: string, options?: { readonly replace?: boolean }): void =>
  location.go(to, options);
export const goBack = (fallback: string): void => location.back(fallback);
