import { errorTable, failure } from '../../../shared/base/errors.ts';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import type { CommandResult } from '../../../shared/protocol/messages.ts';
import type { DeviceStorage, OutboxRecord } from '../storage/contract.ts';
import type { Connection } from './connection.ts';
import type { Timers } from './contract.ts';

/** Commands on the wire at a time, and how long to wait after the relay said "later". */
const window = 200;
const laterAfter = 2_000;

interface Outgoing {
  readonly record: OutboxRecord;
}

/**
 * Sends commands in the order they were made. `n` is given anew on every connection, above what the relay has settled:
 * so a device whose database was rebuilt still counts on, and a command sent twice is known by its id.
 */
export class OutboxSender {
  readonly #connection: Connection;
  readonly #storage: DeviceStorage;
  readonly #timers: Timers;
  readonly #changed: () => void;
  readonly #sent = new Map<CommandId, Outgoing>();
  /** Rooms where the relay said "later": what follows there waits too, since it may build on it. */
  readonly #heldBack = new Set<RoomId>();
  #n: number;
  #flushing: Promise<void> | null = null;
  #again = false;
  #settling: Promise<void> = Promise.resolve();

  constructor(
    connection: Connection,
    storage: DeviceStorage,
    timers: Timers,
    lastCommand: number,
    changed: () => void,
  ) {
    this.#connection = connection;
    this.#storage = storage;
    this.#timers = timers;
    this.#n = lastCommand;
    this.#changed = changed;
  }

  /** Sends what is not on the wire yet; resolves when it is. */
  flush(): Promise<void> {
    this.#again = true;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const record of await this.#storage.outbox.all()) {
        if (this.#connection.ended || this.#sent.size >= window) return;
        if (record.failure || record.seq !== null || this.#sent.has(record.id)) continue;
        if (this.#heldBack.has(record.room)) continue;
        this.#sent.set(record.id, { record });
        const { id, room, type, data } = record;
        this.#connection.send({ type: 'command', command: { id, n: ++this.#n, room, type, data } });
      }
    }
  }

  /** Takes the relay's answer; resolves when it is stored. */
  settle(result: CommandResult): Promise<void> {
    this.#settling = this.#settling.then(() => this.#settle(result));
    return this.#settling;
  }

  async #settle(result: CommandResult): Promise<void> {
    const outgoing = this.#sent.get(result.id);
    this.#sent.delete(result.id);
    if (result.ok) {
      await this.#storage.outbox.accepted(result.id, result.seq);
    } else {
      const room = outgoing?.record.room;
      const buildsOnHeld = room !== undefined && this.#heldBack.has(room);
      if (result.code === 'out-of-order') {
        // Somebody else counted on this device's number: the next welcome says where to go on.
        this.#connection.end();
        return;
      }
      if (errorTable[result.code].retry || buildsOnHeld) {
        if (room !== undefined) this.#later(room);
        return;
      }
      await this.#storage.outbox.refused(result.id, failure(result.code, result.message));
    }
    this.#changed();
    if (this.#sent.size < window / 2) await this.flush();
  }

  #later(room: RoomId): void {
    if (this.#heldBack.has(room)) return;
    this.#heldBack.add(room);
    this.#timers.after(laterAfter, () => {
      this.#heldBack.delete(room);
      if (!this.#connection.ended) this.#changed();
    });
  }
}
