import { lead, type LeaderConfig } from './leader.ts';

/** Starts this tab's candidate for leading: in a worker, or on the page where there are none. */
export function startLeader(config: LeaderConfig, leading: () => void): { stop(): void } {
  if (typeof Worker === 'undefined') return lead(config, leading);
  try {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'weft' });
    worker.addEventListener('message', leading, { once: true });
    let onPage: { stop(): void } | null = null;
    // The script could not be loaded or is refused: the page does the work itself.
    worker.addEventListener('error', () => (onPage ??= lead(config, leading)), { once: true });
    worker.postMessage(config);
    return {
      stop() {
        worker.terminate();
        onPage?.stop();
      },
    };
  } catch {
    return lead(config, leading);
  }
}
