import type { LogEntry } from '../../shared/access/kind.ts';
import type { ErrorCode } from '../../shared/base/errors.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { noProgress, type GuestStore, type Outgoing, type Progress } from './contract.ts';

/** A file on its way to the relay. */
export interface Upload {
  readonly sent: number;
  readonly size: number;
  readonly failure: ErrorCode | null;
}

/** What this device has of one conversation. */
export interface ShownRoom {
  readonly entries: readonly LogEntry[];
  readonly progress: Progress;
}

const nothing: ShownRoom = { entries: [], progress: noProgress };

/** What this device has of the guest's conversations, as it was read last. */
export class ShownCopy {
  readonly #store: GuestStore;
  #rooms = $state.raw<ReadonlyMap<RoomId, ShownRoom>>(new Map());
  #outbox = $state.raw<readonly Outgoing[]>([]);
  #uploads = $state.raw<ReadonlyMap<string, Upload>>(new Map());
  #reading: Promise<void> | null = null;
  #again = false;

  constructor(store: GuestStore) {
    this.#store = store;
  }

  of(room: RoomId): ShownRoom {
    return this.#rooms.get(room) ?? nothing;
  }
  get outbox(): readonly Outgoing[] {
    return this.#outbox;
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
  async read(rooms: () => readonly RoomId[]): Promise<void> {
    this.#again = true;
    this.#reading ??= this.#read(rooms).finally(() => (this.#reading = null));
    await this.#reading;
  }

  async #read(rooms: () => readonly RoomId[]): Promise<void> {
    const store = this.#store;
    while (this.#again) {
      this.#again = false;
      const shown = rooms().map(async (room): Promise<[RoomId, ShownRoom]> => {
        const [entries, progress] = await Promise.all([store.entries(room), store.progress(room)]);
        return [room, { entries, progress }];
      });
      const [outbox, files, held] = await Promise.all([store.outbox(), store.files(), Promise.all(shown)]);
      this.#rooms = new Map(held);
      this.#outbox = outbox;
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
    this.#rooms = new Map();
    this.#outbox = [];
  }
}
