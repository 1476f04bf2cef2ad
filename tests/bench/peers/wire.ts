import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** Every socket of the process reads into this: what was read is handled before the next read. */
const shared = Buffer.allocUnsafeSlow(256 * 1024);

const binary = 2;
const close = 8;
const ping = 9;

/**
 * A websocket client that does as little as possible, so that the load is not what is measured: no queue, no copy of
 * what arrives, no masking (the key is zero). A message is only valid while `onMessage` runs.
 */
export class Wire {
  onMessage: (message: Buffer) => void = () => {};
  /** Null while open; a reason when the other side ended it. */
  ended: string | null = null;
  readonly #socket: Socket;
  #rest: Buffer | null = null;
  #opened: (() => void) | null = null;
  #isHeld = false;

  private constructor(port: number, path: string) {
    const read = (length: number, buffer: Uint8Array): boolean => {
      this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    };
    this.#socket = connect({ port, host: '127.0.0.1', onread: { buffer: shared, callback: read } });
    this.#socket.setNoDelay(true);
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  }

  static open(port: number, path: string): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const wire = new Wire(port, path);
      wire.#opened = () => resolve(wire);
      const ended = (why: string): void => {
        wire.ended ??= why;
        reject(new Error(wire.ended));
      };
      wire.#socket.on('error', (error) => ended(error.message));
      wire.#socket.on('close', () => ended('closed'));
    });
  }

  /** Several messages are one write. */
  send(messages: readonly Uint8Array[]): void {
    this.sendFramed(Buffer.concat(messages.map(clientFrame)));
  }

  /** What `clientFrame` made, one or several. */
  sendFramed(frames: Uint8Array): void {
    if (this.ended === null) this.#socket.write(frames);
  }

  close(): void {
    this.ended ??= 'closed by us';
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = null;
    const at = this.#opened ? this.#open(bytes, this.#opened) : this.#isHeld ? 0 : this.#frames(bytes);
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** Where the answer to the upgrade ends. */
  #open(bytes: Buffer, opened: () => void): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    this.#opened = null;
    if (!bytes.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) {
      this.#socket.destroy(new Error(bytes.subarray(0, end).toString('latin1')));
      return bytes.length;
    }
    opened();
    // Who waits for the opening has to set `onMessage` before the first message is handed over.
    this.#isHeld = true;
    setImmediate(() => {
      this.#isHeld = false;
      this.#take(Buffer.alloc(0));
    });
    return end + 4;
  }

  /** Hands over the whole frames in the bytes; where the first that is not whole begins. */
  #frames(bytes: Buffer): number {
    let at = 0;
    while (at + 2 <= bytes.length) {
      const kind = bytes[at]! & 0x0f;
      let length = bytes[at + 1]!;
      let from = at + 2;
      if (length === 126) {
        if (from + 2 > bytes.length) break;
        length = bytes.readUInt16BE(from);
        from += 2;
      } else if (length === 127) {
        if (from + 8 > bytes.length) break;
        length = Number(bytes.readBigUInt64BE(from));
        from += 8;
      }
      const end = from + length;
      if (end > bytes.length) break;
      if (kind === binary) this.onMessage(bytes.subarray(from, end));
      else if (kind === ping) this.#socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
      else if (kind === close) {
        this.ended ??= `closed with ${bytes.subarray(from, end).toString('latin1')}`;
        this.#socket.destroy();
        return bytes.length;
      }
      at = end;
    }
    return at;
  }
}

/** A message as a client's frame. */
export function clientFrame(message: Uint8Array): Buffer {
  const { length } = message;
  const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const framed = Buffer.alloc(header + 4 + length);
  framed[0] = 0x82;
  if (length < 126) framed[1] = 0x80 | length;
  else if (length < 65_536) {
    framed[1] = 0x80 | 126;
    framed.writeUInt16BE(length, 2);
  } else {
    framed[1] = 0x80 | 127;
    framed.writeBigUInt64BE(BigInt(length), 2);
  }
  framed.set(message, header + 4);
  return framed;
}
