import type { RoomId } from '../../../shared/base/ids.ts';
import type { DeviceStorage } from '../storage/contract.ts';

/** Pieces from which a text that nobody opens here is merged by the leader. */
const mergeFrom = 200;

/** Keeps busy texts from collecting pieces on devices where nobody opens them, which would merge them. */
export class TextMerger {
  readonly #storage: DeviceStorage;
  readonly #arrived = new Map<RoomId, number>();
  #swept = false;

  constructor(storage: DeviceStorage) {
    this.#storage = storage;
  }

  /** Once per leader: what collected before it led. */
  async sweep(): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    for (const room of await this.#storage.texts.crowded(mergeFrom))
      await this.#storage.texts.compact(room, mergeFrom);
  }

  /** Counts what arrives, and merges from time to time. */
  async arrived(
    updates: readonly { readonly room: RoomId; readonly bytes: readonly unknown[] }[],
  ): Promise<void> {
    const due: RoomId[] = [];
    for (const { room, bytes } of updates) {
      const count = (this.#arrived.get(room) ?? 0) + bytes.length;
      this.#arrived.set(room, count < mergeFrom ? count : 0);
      if (count >= mergeFrom) due.push(room);
    }
    for (const room of due) await this.#storage.texts.compact(room, mergeFrom);
  }
}
