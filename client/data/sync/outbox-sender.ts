import { errorTable, failure } from '../../../shared/base/errors.ts';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import type { CommandResult } from '../../../shared/protocol/messages.ts';
import type { DeviceStorage, OutboxRecord, Settled } from '../storage/contract.ts';
import type { Connection } from './connection.ts';
import type { Timers } from './contract.ts';

/** Commands on the wire at a time, and how long to wait after the relay said "later". */
const window = 200;
const laterAfter = 2_000;
/** What is damaged on the relay waits for somebody to repair it. Milliseconds. */
const repairAfter = 60_000;

/**
 * Sends commands in the order they were made. `n` is given anew on every connection, above what the relay has settled:
 * so a device whose database was rebuilt still counts on, and a command sent twice is known by its id.
 */
export class OutboxSender {
  readonly #connection: Connection;
  readonly #storage: DeviceStorage;
  readonly #timers: Timers;
  readonly #changed: () => void;
  readonly #resend: () => void;
  readonly #sent = new Map<CommandId, OutboxRecord>();
  /** Rooms where the relay said "later": what follows there waits too, since it may build on it. */
  readonly #heldBack = new Set<RoomId>();
  #n: number;
  #flushing: Promise<void> | null = null;
  #again = false;
  /** The window was full: there is more to read when it has room. */
  #more = false;
  #results: CommandResult[] = [];
  #settling = false;

  constructor(
    connection: Connection,
    storage: DeviceStorage,
    timers: Timers,
    lastCommand: number,
    changed: () => void,
    resend: () => void,
  ) {
    this.#connection = connection;
    this.#storage = storage;
    this.#timers = timers;
    this.#n = lastCommand;
    this.#changed = changed;
    this.#resend = resend;
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
      this.#more = false;
      for (const record of await this.#storage.outbox.all()) {
        if (this.#connection.ended) return;
        if (record.failure || record.seq !== null || this.#sent.has(record.id)) continue;
        if (this.#heldBack.has(record.room)) continue;
        if (this.#sent.size >= window) {
          this.#more = true;
          return;
        }
        this.#sent.set(record.id, record);
        const { id, room, type, data } = record;
        this.#connection.send({ type: 'command', command: { id, n: ++this.#n, room, type, data } });
      }
    }
  }

  /** Takes the relay's answer. Answers that come while others are being stored are stored together. */
  async settle(result: CommandResult): Promise<void> {
    this.#results.push(result);
    if (this.#settling) return;
    this.#settling = true;
    try {
      while (this.#results.length > 0) {
        const answers = this.#results.splice(0).flatMap((each) => this.#judge(each));
        await this.#storage.outbox.settle(answers);
        this.#changed();
        if (this.#more && this.#sent.size < window / 2) await this.flush();
      }
    } finally {
      this.#settling = false;
    }
  }

  /** What to note of an answer: nothing when the command has to be sent again. */
  #judge(result: CommandResult): Settled[] {
    const room = this.#sent.get(result.id)?.room;
    this.#sent.delete(result.id);
    if (result.ok) return [{ id: result.id, seq: result.seq }];
    if (result.code === 'out-of-order') {
      // Somebody else counted on this device's number: the next welcome says where to go on.
      this.#connection.end();
      return [];
    }
    const buildsOnHeld = room !== undefined && this.#heldBack.has(room);
    if (errorTable[result.code].retry || buildsOnHeld) {
      if (room !== undefined) this.#later(room, result.code === 'room-damaged' ? repairAfter : laterAfter);
      return [];
    }
    return [{ id: result.id, failure: failure(result.code, result.message) }];
  }

  #later(room: RoomId, milliseconds: number): void {
    if (this.#heldBack.has(room)) return;
    this.#heldBack.add(room);
    this.#timers.after(milliseconds, () => {
      this.#heldBack.delete(room);
      if (!this.#connection.ended) this.#resend();
    });
  }
}
