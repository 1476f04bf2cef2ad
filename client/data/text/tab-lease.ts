import type { DeviceStorage } from '../storage/contract.ts';
import type { Bus } from '../sync/notes.ts';

/** Locks that live as long as their tab. Null where the browser has none. */
export interface TabLocks {
  /** Null when somebody holds it; otherwise the way to let go. */
  tryHold(name: string): Promise<(() => void) | null>;
}

export function webLocks(): TabLocks | null {
  if (typeof navigator === 'undefined' || !('locks' in navigator)) return null;
  return {
    tryHold: (name) =>
      new Promise((resolve, reject) => {
        navigator.locks
          .request(name, { ifAvailable: true }, (lock) => {
            if (!lock) return resolve(null);
            return new Promise<void>((letGo) => resolve(letGo));
          })
          .catch(reject);
      }),
  };
}

/**
 * The client id under which this tab writes. A lock for the tab's life keeps it from every other tab. An id goes on to
 * the next holder as soon as it is free, even after a crash: a change is told to nobody before it is stored, so what is
 * in the database is all that was ever written under the id. Ids with a refused change are retired.
 */
export class TabLease {
  readonly #storage: DeviceStorage;
  readonly #bus: Bus;
  readonly #locks: TabLocks | null;
  readonly #name: string;
  readonly #changed = new Set<() => void>();
  readonly #release: (() => void)[] = [];
  readonly #stopListening: () => void;
  #client: number | null = null;
  #acquiring: Promise<void> | null = null;
  #closed = false;

  constructor(storage: DeviceStorage, bus: Bus, locks: TabLocks | null, databaseName: string) {
    this.#storage = storage;
    this.#bus = bus;
    this.#locks = locks;
    this.#name = `weft-lease:${databaseName}`;
    this.#stopListening = bus.listen((note) => {
      const isBack = note.type === 'state' && note.state.connection === 'online';
      if ((note.type === 'leases' || isBack) && this.#client === null) void this.acquire();
      if (note.type === 'refused' || note.type === 'replaced') void this.replaceRetired();
    });
  }

  /** Null while there is no id to be had: this device has to reach the relay first. */
  get client(): number | null {
    return this.#client;
  }

  /** Called whenever `client` is another one. */
  onChange(run: () => void): () => void {
    this.#changed.add(run);
    return () => this.#changed.delete(run);
  }

  /** Resolves when an id is held, or none is free. Storage problems leave it as it is. */
  acquire(): Promise<void> {
    this.#acquiring ??= this.#acquire()
      .catch(() => undefined)
      .finally(() => {
        this.#acquiring = null;
      });
    return this.#acquiring;
  }

  async #acquire(): Promise<void> {
    if (this.#client !== null || this.#closed) return;
    if (!this.#locks) {
      const client = await this.#storage.leases.take();
      if (client !== null) this.#hold(client, () => void this.#storage.leases.giveBack(client));
      return;
    }
    const usable = await this.#storage.leases.usable();
    for (const client of usable) {
      const release = await this.#locks.tryHold(`${this.#name}:${client}`);
      if (release) return this.#hold(client, release);
    }
    if (usable.length > 0) this.#bus.post({ type: 'need-lease' });
  }

  #hold(client: number, release: () => void): void {
    if (this.#closed) return release();
    this.#release.push(release);
    this.#client = client;
    for (const run of this.#changed) run();
  }

  /** If the id was retired: texts that are open go on under it, what is opened from now on gets a new one. */
  async replaceRetired(): Promise<void> {
    const usable = await this.#storage.leases.usable().catch(() => null);
    const client = this.#client;
    if (!usable || client === null) return;
    // Without locks the id in use is marked as taken, so the stock cannot tell: replace it in any case.
    if (this.#locks && usable.includes(client)) return;
    this.#client = null;
    await this.acquire();
  }

  close(): void {
    this.#closed = true;
    this.#stopListening();
    this.#client = null;
    for (const release of this.#release.splice(0)) release();
  }
}
