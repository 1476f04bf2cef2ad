/*
 * Registers the service worker and tells when a newer Weft waits. The new version starts only when a person says so:
 * changing the code under an open page would take away files that it has yet to load.
 */
const checkEvery = 60 * 60_000;

class AppUpdate {
  #ready = $state(false);
  #waiting: ServiceWorker | null = null;
  #started = false;

  get ready(): boolean {
    return this.#ready;
  }

  /** Starts once per page; returns the way to stop looking for updates. */
  start(): () => void {
    if (this.#started || import.meta.env.DEV || !('serviceWorker' in navigator)) return () => undefined;
    this.#started = true;
    const workers = navigator.serviceWorker;
    let controlled = workers.controller !== null;
    const stopListening = new AbortController();
    workers.addEventListener(
      'controllerchange',
      () => {
        // The very first worker takes over a page that is just as new; any later one is another version.
        if (controlled) this.#ready = true;
        controlled = true;
      },
      { signal: stopListening.signal },
    );
    void this.#watch(workers, stopListening.signal);
    return () => stopListening.abort();
  }

  /** Lets the waiting version take over and loads it. */
  apply(): void {
    if (!this.#waiting) {
      location.reload(); // another tab has switched already
      return;
    }
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    this.#waiting.postMessage('take-over');
  }

  async #watch(workers: ServiceWorkerContainer, signal: AbortSignal): Promise<void> {
    let registration: ServiceWorkerRegistration;
    try {
      registration = await workers.register('/sw.js', { updateViaCache: 'none' });
    } catch {
      return; // private windows and plain-HTTP addresses have none; everything else works
    }
    const found = (worker: ServiceWorker | null): void => {
      if (!worker || !workers.controller) return;
      this.#waiting = worker;
      this.#ready = true;
    };
    found(registration.waiting);
    registration.addEventListener(
      'updatefound',
      () => {
        const worker = registration.installing;
        worker?.addEventListener('statechange', () => {
          if (worker.state === 'installed') found(worker);
        });
      },
      { signal },
    );
    const look = (): void => {
      if (navigator.onLine) registration.update().catch(() => undefined); // offline after all: asked again later
    };
    const timer = setInterval(look, checkEvery);
    signal.addEventListener('abort', () => clearInterval(timer));
  }
}

export const appUpdate = new AppUpdate();
