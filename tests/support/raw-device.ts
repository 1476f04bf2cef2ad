import { WebSocket } from 'ws';
import { newId, type DeviceId, type RoomId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type {
  ClientMessage,
  CommandResult,
  RelayMessage,
  Row,
  Welcome,
} from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';

type Of<Type extends RelayMessage['type']> = Extract<RelayMessage, { type: Type }>;

/**
 * A device that speaks the protocol and does nothing of its own: it sends what a test says and keeps what it saw, also
 * over reconnects. So a test can compare what was promised with what is there.
 */
export class RawDevice {
  readonly id = newId<DeviceId>();
  readonly messages: RelayMessage[] = [];
  readonly rows: Row[] = [];
  readonly acked = new Map<number, number>();
  readonly refused = new Map<number, string>();
  readonly results = new Map<string, CommandResult>();
  closed: { code: number } | null = null;
  #socket: WebSocket | null = null;
  #waiting: { seen: (message: RelayMessage) => boolean; resolve: () => void }[] = [];
  #onClose: (() => void)[] = [];

  /** Resolves to the relay's welcome; rejects when the socket closes before it. `address` is the relay's http address. */
  async connect(address: string, token: string): Promise<Welcome> {
    this.closed = null;
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/sync`, [`weft.token.${token}`]);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const failed = new Promise<never>((_, reject) => {
      socket.on('error', reject);
      this.#onClose.push(() => reject(new Error(`closed with ${this.closed?.code}`)));
    });
    failed.catch(() => undefined); // only of interest until the welcome
    socket.on('close', (code) => {
      this.closed = { code };
      for (const told of this.#onClose.splice(0)) told();
    });
    socket.on('message', (data) => this.#receive(new Uint8Array(data as ArrayBuffer)));
    await Promise.race([new Promise((resolve) => socket.on('open', resolve)), failed]);
    const welcome = this.next('welcome');
    this.send({ type: 'hello', hello: { version: protocolVersion, schema: schemaVersion, device: this.id } });
    return (await Promise.race([welcome, failed])).welcome;
  }

  /** Sends when the socket is open; what cannot be sent is the test's business, as on a real network. */
  send(message: ClientMessage): void {
    this.sendBytes(encodeClientMessage(message));
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  /** The next message of a type that fits, from now on. */
  next<Type extends RelayMessage['type']>(
    type: Type,
    fits: (message: Of<Type>) => boolean = () => true,
  ): Promise<Of<Type>> {
    return new Promise((resolve) => {
      let found: Of<Type> | null = null;
      this.#waiting.push({
        seen(message) {
          if (message.type !== type || !fits(message as Of<Type>)) return false;
          found = message as Of<Type>;
          return true;
        },
        resolve: () => resolve(found!),
      });
    });
  }

  /** Resolves when the socket has closed, at once when it is. */
  gone(): Promise<void> {
    return this.closed ? Promise.resolve() : new Promise((resolve) => this.#onClose.push(resolve));
  }

  async lease(count = 1): Promise<number[]> {
    const answer = this.next('leased');
    this.send({ type: 'lease', request: 0, count });
    return [...(await answer).ids];
  }

  /** Everything of one room as the relay has it now. */
  async pull(room: RoomId): Promise<Of<'batch'>> {
    const request = this.messages.length + 1;
    const answer = this.next('batch', (message) => message.request === request);
    this.send({ type: 'pull', request, wants: [{ room, cursor: 0, have: 0 }] });
    return answer;
  }

  close(): void {
    this.#socket?.close();
  }

  #receive(bytes: Uint8Array): void {
    const decoded = decodeRelayMessage(bytes);
    if (!decoded.ok) throw new Error(`the relay sent a bad frame: ${decoded.error.message}`);
    const message = decoded.value;
    this.messages.push(message);
    if (message.type === 'rows') this.rows.push(...message.rows);
    if (message.type === 'acked') this.acked.set(message.request, message.cursor);
    if (message.type === 'refused') this.refused.set(message.request, message.code);
    if (message.type === 'result') this.results.set(message.result.id, message.result);
    this.#waiting = this.#waiting.filter((waiting) => {
      if (!waiting.seen(message)) return true;
      waiting.resolve();
      return false;
    });
  }
}
