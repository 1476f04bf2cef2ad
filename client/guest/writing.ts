import type { Failure } from '../../shared/base/errors.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { Result } from '../../shared/base/result.ts';
import { addressOfBlob } from '../data/blobs.ts';
import type { GuestStore } from './contract.ts';
import { findFile, keepFile } from './files.ts';
import type { MessageLine, ShownFile } from './messages.ts';

/** What the guest writes: kept on this device at once, whatever the network is, and sent in order. */
export class Writing {
  readonly #store: GuestStore;
  readonly #room: () => RoomId;
  readonly #changed: () => Promise<void>;

  /** `room`: the conversation that is looked at. `changed`: something waits to be sent, or does not any more. */
  constructor(store: GuestStore, room: () => RoomId, changed: () => Promise<void>) {
    this.#store = store;
    this.#room = room;
    this.#changed = changed;
  }

  /** Rejects where the device has no room. */
  async send(text: string, chosen: readonly File[]): Promise<void> {
    const room = this.#room();
    const files: ShownFile[] = [];
    for (const file of chosen) files.push(await keepFile(this.#store, room, file));
    await this.say({ text, ...(files.length > 0 ? { files } : {}) }, 'chat.send', room);
  }

  /** The words of an own message are others from now on. */
  change({ id, seq }: MessageLine, text: string): Promise<void> {
    return this.say({ target: { id, seq: seq ?? 0 }, text }, 'chat.edit');
  }

  /** Takes an own message back, from everybody. */
  takeBack({ id, seq }: MessageLine): Promise<void> {
    return this.say({ target: { id, seq: seq ?? 0 } }, 'chat.recall');
  }

  async say(data: unknown, type: string, room = this.#room()): Promise<void> {
    const id = newId<CommandId>();
    await this.#store.push({ id, room, type, data, at: Date.now(), seq: null, failure: null });
    await this.#changed();
  }

  /** Sends again what the relay refused, as something new. */
  async retry(id: CommandId): Promise<void> {
    const refused = (await this.#store.outbox()).find((each) => each.id === id);
    if (!refused) return;
    await this.#store.settle(id, 'done');
    await this.say(refused.data, refused.type, refused.room);
  }

  async discard(id: CommandId): Promise<void> {
    await this.#store.settle(id, 'done');
    await this.#changed();
  }

  async retryFile(hash: string): Promise<void> {
    const file = await this.#store.file(hash);
    if (!file) return;
    await this.#store.keep({ ...file, failure: null });
    await this.#changed();
  }

  file(hash: string): Promise<Result<Blob, Failure>> {
    return findFile(this.#store, this.#room(), hash);
  }

  address(hash: string, name?: string): string {
    return addressOfBlob(this.#room(), hash, name, 'guest');
  }
}
