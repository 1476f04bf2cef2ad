import type { RoomId } from '../../../shared/base/ids.ts';
import type { DeviceStorage } from '../storage/contract.ts';
import type { Timers } from './contract.ts';

/** When to ask again for a room that is damaged on the relay: a repair takes minutes, not seconds. Milliseconds. */
const first = 30_000;
const longest = 15 * 60_000;

export interface DamagedEvents {
  changed(rooms: readonly RoomId[]): void;
  ask(rooms: readonly RoomId[]): void;
}

/**
 * Rooms that the relay cannot give, since its stored data of them is damaged. The device keeps what it has, notes that
 * newer rows may be missing, and asks again ever more rarely.
 */
export class DamagedRooms {
  readonly #storage: DeviceStorage;
  readonly #timers: Timers;
  readonly #events: DamagedEvents;
  #rooms: ReadonlySet<RoomId> = new Set();
  #wait = first;
  #asking = false;

  constructor(storage: DeviceStorage, timers: Timers, events: DamagedEvents) {
    this.#storage = storage;
    this.#timers = timers;
    this.#events = events;
  }

  get rooms(): readonly RoomId[] {
    return [...this.#rooms];
  }

  /** Those that were damaged when this device was last connected: they are asked for with the catching up. */
  known(rooms: readonly RoomId[]): void {
    this.#rooms = new Set(rooms);
    this.#events.changed(rooms);
  }

  /** `came`: rooms that the relay gave. */
  async note(damaged: readonly RoomId[], came: readonly RoomId[]): Promise<void> {
    const rooms = new Set([...this.#rooms, ...damaged]);
    for (const room of came) rooms.delete(room);
    if (damaged.length > 0) this.#later();
    if (rooms.size === this.#rooms.size && [...rooms].every((room) => this.#rooms.has(room))) return;
    this.#rooms = rooms;
    if (rooms.size === 0) this.#wait = first;
    await this.#storage.meta.write({ damaged: [...rooms] });
    this.#events.changed([...rooms]);
  }

  #later(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#timers.after(this.#wait, () => {
      this.#asking = false;
      this.#wait = Math.min(longest, this.#wait * 2);
      if (this.#rooms.size > 0) this.#events.ask([...this.#rooms]);
    });
  }
}
