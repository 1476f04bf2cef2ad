import { failure, type Failure } from '../../../shared/base/errors.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../../shared/protocol/codec.ts';
import type { ClientMessage, RelayMessage } from '../../../shared/protocol/messages.ts';
import type { FrameSocket, OpenSocket, Timers } from './contract.ts';

/** Rejects what was asked on a connection that ended. Nothing is wrong: it is asked again on the next one. */
export class ConnectionLost extends Error {}

type Asking = Extract<ClientMessage, { request: number }>;
type Question = Asking extends infer M ? (M extends Asking ? Omit<M, 'request'> : never) : never;
export type Answer = Extract<RelayMessage, { request: number }>;

export interface ConnectionEvents {
  opened(): void;
  message(message: Exclude<RelayMessage, Answer>): void;
  closed(code: number, failure: Failure | null): void;
}

/** Silence after which we ask whether the relay is there, and after which we believe it is not. Milliseconds. */
const pingAfter = 20_000;
const giveUpAfter = 15_000;
const helloDeadline = 15_000;
/** The same when somebody is waiting: a device that wakes up, or changed its network. */
const probeDeadline = 5_000;

/** One socket from opening to end: frames, questions with their answers, and a watch over silence. */
export class Connection {
  readonly #socket: FrameSocket;
  readonly #events: ConnectionEvents;
  readonly #timers: Timers;
  readonly #asked = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #request = 0;
  #ended = false;
  #probing = false;
  #reason: Failure | null = null;
  #cancelSilence: () => void;

  constructor(openSocket: OpenSocket, timers: Timers, events: ConnectionEvents) {
    this.#events = events;
    this.#timers = timers;
    this.#cancelSilence = timers.after(helloDeadline, () => this.end());
    this.#socket = openSocket({
      opened: () => events.opened(),
      frame: (bytes) => this.#frame(bytes),
      closed: (code) => this.#closed(code),
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  send(message: ClientMessage): void {
    if (!this.#ended) this.#socket.send(encodeClientMessage(message));
  }

  /** Rejects with `ConnectionLost` when the connection ends first. */
  ask(question: Question): Promise<Answer> {
    if (this.#ended) return Promise.reject(new ConnectionLost());
    const request = ++this.#request;
    return new Promise((resolve, reject) => {
      this.#asked.set(request, { resolve, reject });
      this.send({ ...question, request } as ClientMessage);
    });
  }

  /** Asks at once whether the relay is still there: timers and sockets have slept with the device. */
  probe(): void {
    if (this.#ended || this.#probing) return;
    this.#probing = true;
    this.send({ type: 'ping' });
    this.#cancelSilence();
    this.#giveUp(probeDeadline);
  }

  end(): void {
    if (this.#ended) return;
    this.#socket.close();
    this.#closed(1000);
  }

  #frame(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#watchSilence();
    const decoded = decodeRelayMessage(bytes);
    if (!decoded.ok) {
      // Damaged on the way, or a relay we do not understand: nothing after this frame can be trusted.
      this.#reason = decoded.error;
      this.end();
      return;
    }
    const message = decoded.value;
    if (message.type === 'error') this.#reason = failure(message.code, message.message);
    if ('request' in message) {
      const asked = this.#asked.get(message.request);
      this.#asked.delete(message.request);
      asked?.resolve(message);
    } else {
      this.#events.message(message);
    }
  }

  #watchSilence(): void {
    this.#probing = false;
    this.#cancelSilence();
    this.#cancelSilence = this.#timers.after(pingAfter, () => {
      this.send({ type: 'ping' });
      this.#giveUp(giveUpAfter);
    });
  }

  /**
   * Ends when nothing comes for so long, unless something still goes: behind a large update on a slow network the relay
   * hears the ping late, and sending it all again from the beginning would never come to an end.
   */
  #giveUp(milliseconds: number): void {
    const before = this.#buffered();
    this.#cancelSilence = this.#timers.after(milliseconds, () => {
      if (this.#buffered() < before) this.#giveUp(milliseconds);
      else this.end();
    });
  }

  #buffered(): number {
    return this.#socket.buffered?.() ?? 0;
  }

  #closed(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelSilence();
    for (const { reject } of this.#asked.values()) reject(new ConnectionLost());
    this.#asked.clear();
    this.#events.closed(code, this.#reason);
  }
}
