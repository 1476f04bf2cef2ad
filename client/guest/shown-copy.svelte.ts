import type { LogEntry } from '../../shared/access/kind.ts';
import type { ErrorCode } from '../../shared/base/errors.ts';
import { noProgress, type GuestStore, type Outgoing } from './contract.ts';

/** A file on its way to the relay. */
export interface Upload {
  readonly sent: number;
  readonly size: number;
  readonly failure: ErrorCode | null;
}

/** What this device has of the conversation, as it was read last. */
export class ShownCopy {
  readonly #store: GuestStore;
  #entries = $state.raw<readonly LogEntry[]>([]);
  #outbox = $state.raw<readonly Outgoing[]>([]);
  #progress = $state.raw(noProgress);
  #uploads = $state.raw<ReadonlyMap<string, Upload>>(new Map());
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(store: GuestStore) {
    this.#store = store;
  }

  get entries(): readonly LogEntry[] {
    return this.#entries;
  }
  get outbox(): readonly Outgoing[] {
    return this.#outbox;
  }
  get progress() {
    return this.#progress;
  }

  upload(hash: string): Upload | null {
    return this.#uploads.get(hash) ?? null;
  }

  /** So much of a file is on the relay. */
  uploaded(hash: string, sent: number): void {
    const before = this.#uploads.get(hash);
    if (before) this.#uploads = new Map(this.#uploads).set(hash, { ...before, sent });
  }

  /** Reads it again; what changes meanwhile is read after it. */
  async read(): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#read().finally(() => (this.#reading = null));
    await this.#reading;
  }

  async #read(): Promise<void> {
    const store = this.#store;
    while (this.#again) {
      this.#again = false;
      const [entries, outbox, progress, files] = await Promise.all([
        store.entries(),
        store.outbox(),
        store.progress(),
        store.files(),
      ]);
      this.#entries = entries;
      this.#outbox = outbox;
      this.#progress = progress;
      const uploads = new Map<string, Upload>();
      for (const { hash, size, pending, failure } of files) {
        const sent = this.#uploads.get(hash)?.sent ?? 0;
        if (pending) uploads.set(hash, { sent, size, failure: failure?.code ?? null });
      }
      this.#uploads = uploads;
    }
  }

  /** All of it was deleted. */
  clear(): void {
    this.#entries = [];
    this.#outbox = [];
  }
}
