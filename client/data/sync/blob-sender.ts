import type { Failure } from '../../../shared/base/errors.ts';
import type { Result } from '../../../shared/base/result.ts';
import type { UploadWatch } from '../blobs.ts';
import type { BlobRecord, DeviceStorage } from '../storage/contract.ts';
import type { Connection } from './connection.ts';
import type { Timers } from './contract.ts';
import type { Bus } from './notes.ts';

/** Milliseconds until what could not be taken is offered again. */
const laterAfter = 5_000;
/** Uploads at a time: a picture must not wait for a film. */
const atOnce = 3;
/** Pages are told of progress at most so often. Milliseconds. */
const tellEvery = 200;

export interface BlobSenderDeps {
  readonly storage: DeviceStorage;
  readonly bus: Bus;
  readonly timers: Timers;
  readonly random: () => number;
  readonly uploadBlob: (blob: BlobRecord, watch: UploadWatch) => Promise<Result<true, Failure>>;
}

/** Uploads pending pictures and files over HTTP while the socket lives. */
export class BlobSender {
  readonly #connection: Connection;
  readonly #deps: BlobSenderDeps;
  /** Runs what may fail in expected ways in the background. */
  readonly #run: (work: Promise<void>) => void;
  #again = false;
  /** Ends a wait for uploads that are on their way. */
  #wake: () => void = () => undefined;
  #flushing: Promise<void> | null = null;
  #waiting = false;

  constructor(connection: Connection, deps: BlobSenderDeps, run: (work: Promise<void>) => void) {
    this.#connection = connection;
    this.#deps = deps;
    this.#run = run;
  }

  flush(): Promise<void> {
    this.#again = true;
    this.#wake();
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const under = new Map<string, Promise<void>>();
    const postponed = new Set<string>();
    while (this.#again || under.size > 0) {
      this.#again = false;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      if (!this.#connection.ended) await this.#begin(under, postponed);
      // What is added while others are on their way finds a free place at once.
      if (under.size > 0) await Promise.race([woken, ...under.values()]);
    }
    if (postponed.size > 0) this.#later();
  }

  /** Starts as many uploads as there are places for. */
  async #begin(under: Map<string, Promise<void>>, postponed: Set<string>): Promise<void> {
    const { blobs } = this.#deps.storage;
    for (const { room, hash, failure } of await blobs.queue()) {
      const key = `${hash} ${room}`;
      if (failure || under.size >= atOnce || under.has(key) || postponed.has(key)) continue;
      const blob = await blobs.get(room, hash);
      if (!blob?.pending) continue;
      const work = this.#upload(blob)
        .then((done) => void (done || postponed.add(key)))
        .finally(() => {
          under.delete(key);
          this.#again = true;
        });
      under.set(key, work);
    }
  }

  /** False when it has to be tried again. */
  async #upload(blob: BlobRecord): Promise<boolean> {
    const { storage, bus, timers, uploadBlob } = this.#deps;
    const { room, hash } = blob;
    let toldAt = -Infinity;
    const outcome = await uploadBlob(blob, {
      sent(bytes) {
        const now = timers.now();
        if (now - toldAt < tellEvery) return;
        toldAt = now;
        bus.post({ type: 'upload', room, hash, sent: bytes });
      },
      wanted: async () =>
        this.#connection.ended ? 'later' : (await storage.blobs.isPending(room, hash)) ? 'now' : 'never',
    });
    if (!outcome.ok && isTransient(outcome.error)) return false;
    // What the relay refused stays in the queue, with the reason, until the person dismisses it.
    if (outcome.ok && !blob.bytes) {
      await storage.blobs.remove(room, hash);
      bus.post({ type: 'queue' });
      return true;
    }
    const change = outcome.ok ? { pending: false, failure: null } : { pending: true, failure: outcome.error };
    await storage.blobs.mark(room, hash, change);
    bus.post({ type: 'queue' });
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
