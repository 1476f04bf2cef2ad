import { errorTable, failure, type Failure } from '../../../shared/base/errors.ts';
import type { RoomId } from '../../../shared/base/ids.ts';
import { findRoom, governingRoom } from '../../../shared/documents/registry.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { DeviceStorage, StoredUpdate } from '../storage/contract.ts';
import { mergeInTree, mergeUpTo, upTo } from '../text/merge.ts';
import { writersOf } from '../text/rewrite.ts';
import type { Connection } from './connection.ts';
import type { Timers } from './contract.ts';

const roomsAtOnce = 16;
const laterAfter = 2_000;
/** What is damaged on the relay waits for somebody to repair it. Milliseconds. */
const repairAfter = 60_000;

export interface TextSenderEvents {
  /** The relay was restored and the text has still to come whole: what it lacks of what is pending is known only then. */
  isAwaited(room: RoomId): boolean;
  /**
   * May find that only the client id is wrong and put the text on its feet again; 'later': it could not be done now.
   * False: what was refused is set aside.
   */
  anew(room: RoomId, failure: Failure): Promise<boolean | 'later'>;
  sent(room: RoomId): void;
  refused(room: RoomId, failure: Failure): void;
  /** What is pending changed. */
  changed(): void;
  /** Runs what may fail in expected ways in the background. */
  run(work: Promise<void>): void;
}

/** Sends pending updates: one merged update per room at a time, in order, many rooms side by side. */
export class TextSender {
  readonly #connection: Connection;
  readonly #storage: DeviceStorage;
  readonly #timers: Timers;
  readonly #events: TextSenderEvents;
  readonly #busy = new Set<RoomId>();
  /** How long a room that was asked to come later waits. */
  readonly #wait = new Map<RoomId, number>();

  constructor(connection: Connection, storage: DeviceStorage, timers: Timers, events: TextSenderEvents) {
    this.#connection = connection;
    this.#storage = storage;
    this.#timers = timers;
    this.#events = events;
  }

  async flush(): Promise<void> {
    const rooms = await this.#storage.texts.pendingRooms();
    if (rooms.length === 0) return;
    const unsettled = new Set<RoomId>();
    for (const { room, failure, seq } of await this.#storage.outbox.all())
      if (!failure && seq === null) unsettled.add(room);
    for (const room of rooms) {
      if (this.#busy.size >= roomsAtOnce || this.#connection.ended) return;
      if (this.#busy.has(room) || this.#events.isAwaited(room)) continue;
      // A text written before its document is known would be refused: the command goes first.
      const kind = findRoom(room)?.kind;
      const governing = kind ? governingRoom(room, kind) : null;
      if (governing && unsettled.has(governing)) continue;
      this.#busy.add(room);
      this.#events.run(this.#sendRoom(room));
    }
  }

  async #sendRoom(room: RoomId): Promise<void> {
    let later = false;
    try {
      for (;;) {
        const all = await this.#storage.texts.pending(room);
        const first = upTo(
          all.map((update) => update.bytes),
          mergeUpTo,
        );
        const pending = all.slice(0, first.length);
        if (pending.length === 0) break;
        later = !(await this.#sendSome(room, pending));
        if (later) break;
        this.#events.changed();
      }
    } finally {
      if (!later) this.#busy.delete(room);
    }
    if (later) {
      this.#timers.after(this.#wait.get(room) ?? laterAfter, () => {
        this.#busy.delete(room);
        if (!this.#connection.ended) this.#events.run(this.flush());
      });
      return;
    }
    this.#events.sent(room);
    await this.flush();
  }

  /** False when the relay asked to wait. */
  async #sendSome(room: RoomId, pending: readonly StoredUpdate[]): Promise<boolean> {
    const keys = pending.map((update) => update.key);
    let bytes: Uint8Array;
    try {
      bytes = mergeInTree(pending.map((update) => update.bytes));
    } catch {
      return this.#setAside(room, keys, [], failure('update-malformed', 'a stored change cannot be read'));
    }
    if (bytes.length > limits.update)
      return this.#setAside(
        room,
        keys,
        writersOf(bytes),
        failure('too-large', 'a change larger than the relay takes'),
      );
    const answer = await this.#connection.ask({ type: 'update', room, bytes });
    if (answer.type === 'acked') {
      await this.#storage.texts.markSent(room, keys, answer.cursor);
      return true;
    }
    if (answer.type !== 'refused') throw new Error(`unexpected answer ${answer.type}`);
    if (errorTable[answer.code].retry) {
      this.#wait.set(room, answer.code === 'room-damaged' ? repairAfter : laterAfter);
      return false;
    }
    const why = failure(answer.code, answer.message);
    const isAnew = await this.#events.anew(room, why);
    if (isAnew === 'later') {
      this.#wait.set(room, laterAfter);
      return false;
    }
    return isAnew || this.#setAside(room, keys, writersOf(bytes), why);
  }

  async #setAside(
    room: RoomId,
    keys: readonly number[],
    /** What they were written under: after a refusal the clocks no longer match the relay's. */
    clients: readonly number[],
    why: Failure,
  ): Promise<true> {
    await this.#storage.texts.markRefused(keys, why, clients);
    this.#events.refused(room, why);
    return true;
  }
}
