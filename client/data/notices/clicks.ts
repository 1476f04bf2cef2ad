/* Where a click on a notification leads. The service worker hears of it, and tells a page if one is open. */

/** A path of our own, whatever a notification carries. */
export const pathOf = (data: unknown): string => {
  const path = typeof data === 'object' && data !== null && 'path' in data ? data.path : null;
  return typeof path === 'string' && /^\/messages\//.test(path) ? path : '/messages';
};

/** What the service worker says to a page. */
export const clickNote = (path: string) => ({ type: 'go', path });

/** Calls `go` with the path of each click that this page is to follow; returns the way to stop. */
export function followClicks(go: (path: string) => void): () => void {
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  const hear = ({ data: said }: MessageEvent<unknown>): void => {
    if (typeof said === 'object' && said !== null && 'type' in said && said.type === 'go') go(pathOf(said));
  };
  workers?.addEventListener('message', hear);
  return () => workers?.removeEventListener('message', hear);
}
