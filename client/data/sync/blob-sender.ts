import type { Failure } from '../../../shared/base/errors.ts';
import type { Result } from '../../../shared/base/result.ts';
import type { BlobRecord, DeviceStorage } from '../storage/contract.ts';
import type { Connection } from './connection.ts';
import type { Timers } from './contract.ts';

/** Milliseconds until what could not be taken is offered again. */
const laterAfter = 5_000;

export interface BlobSenderDeps {
  readonly storage: DeviceStorage;
  readonly timers: Timers;
  readonly random: () => number;
  readonly uploadBlob: (blob: BlobRecord) => Promise<Result<true, Failure>>;
}

/** Uploads pending pictures over HTTP, one after the other, while the socket lives. */
export class BlobSender {
  readonly #connection: Connection;
  readonly #deps: BlobSenderDeps;
  readonly #changed: () => void;
  /** Runs what may fail in expected ways in the background. */
  readonly #run: (work: Promise<void>) => void;
  #again = false;
  #flushing: Promise<void> | null = null;
  #waiting = false;

  constructor(
    connection: Connection,
    deps: BlobSenderDeps,
    changed: () => void,
    run: (work: Promise<void>) => void,
  ) {
    this.#connection = connection;
    this.#deps = deps;
    this.#changed = changed;
    this.#run = run;
  }

  flush(): Promise<void> {
    this.#again = true;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    let postponed = false;
    while (this.#again) {
      this.#again = false;
      for (const { room, hash, failure } of await this.#deps.storage.blobs.queue()) {
        if (this.#connection.ended) return;
        const blob = failure ? null : await this.#deps.storage.blobs.get(room, hash);
        if (blob) postponed = !(await this.#upload(blob)) || postponed;
      }
    }
    if (postponed) this.#later();
  }

  /** False when it has to be tried again. */
  async #upload(blob: BlobRecord): Promise<boolean> {
    const outcome = await this.#deps.uploadBlob(blob);
    if (!outcome.ok && isTransient(outcome.error)) return false;
    // What the relay refused stays in the queue, with the reason, until the person dismisses it.
    const change = outcome.ok ? { pending: false, failure: null } : { pending: true, failure: outcome.error };
    await this.#deps.storage.blobs.mark(blob.room, blob.hash, change);
    this.#changed();
    return true;
  }

  #later(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#deps.timers.after(laterAfter * (1 + this.#deps.random()), () => {
      this.#waiting = false;
      if (!this.#connection.ended) this.#run(this.flush());
    });
  }
}

/** Worth another try by itself; a room the relay does not know yet is on its way there. */
const isTransient = ({ code }: Failure): boolean =>
  code === 'room-not-found' ||
  code === 'offline' ||
  code === 'stopping' ||
  code === 'storage-failed' ||
  code === 'internal' ||
  code === 'too-many-requests';
