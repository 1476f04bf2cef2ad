import type { Dialect, Told } from './dialects.ts';
import { Wire } from './wire.ts';

/** One socket in one room, in whatever the server speaks. */
export class Client {
  readonly room: string;
  readonly wire: Wire;
  readonly dialect: Dialect;
  onTold: (told: Told) => void = () => {};
  #read: (message: Buffer) => Told;

  private constructor(wire: Wire, dialect: Dialect, room: string, read: (message: Buffer) => Told) {
    this.wire = wire;
    this.dialect = dialect;
    this.room = room;
    this.#read = read;
    wire.onMessage = (message) => {
      const told = this.#read(message);
      if (told.refused !== undefined) throw new Error(`refused: ${told.refused}`);
      this.onTold(told);
    };
  }

  /** Connects and has all there is. `read` may be one for many clients that are told the same. */
  static async open(
    port: number,
    dialect: Dialect,
    room: string,
    read: (message: Buffer) => Told = dialect.read,
  ): Promise<Client> {
    const client = new Client(await Wire.open(port, dialect.path(room)), dialect, room, read);
    const greeting = dialect.greeting(room);
    if (greeting.length > 0) {
      const whole = client.whole();
      client.wire.send(greeting);
      await whole;
    }
    return client;
  }

  /** The size of the next answer to "what do I lack". */
  whole(): Promise<number> {
    return this.#next((told) => told.whole?.bytes);
  }

  /** Reads other rooms over this socket; resolves with the number of answers, which may be fewer than were asked. */
  async many(rooms: readonly string[]): Promise<number> {
    const { askMany } = this.dialect;
    if (!askMany) throw new Error('a socket of this kind has one room');
    const messages = askMany(rooms);
    let got = 0;
    const all = this.#next((told) => {
      got += told.whole?.rooms ?? 0;
      // Rooms that were asked for in one message come in one answer.
      return told.whole && (messages.length === 1 || got >= rooms.length) ? got : undefined;
    });
    this.wire.send(messages);
    return all;
  }

  /** Draws a client id where the server gives them out. */
  async clientId(otherwise: number): Promise<number> {
    if (!this.dialect.lease) return otherwise;
    const leased = this.#next((told) => told.leased?.[0]);
    this.wire.send([this.dialect.lease()]);
    return leased;
  }

  /** Resolves when the server has taken in what was sent before: asking goes through the same queue. */
  async settled(): Promise<number> {
    const whole = this.whole();
    this.wire.send([this.dialect.ask(this.room)]);
    return whole;
  }

  #next<T>(find: (told: Told) => T | undefined): Promise<T> {
    const before = this.onTold;
    return new Promise((resolve, reject) => {
      const look = setInterval(() => {
        if (this.wire.ended === null) return;
        clearInterval(look);
        reject(new Error(`the connection ended: ${this.wire.ended}`));
      }, 200);
      this.onTold = (told) => {
        before(told);
        const found = find(told);
        if (found === undefined) return;
        this.onTold = before;
        clearInterval(look);
        resolve(found);
      };
    });
  }
}

/**
 * Remembers what the last messages of a room said: its readers are sent the same bytes in the same order, and decoding
 * them again is not what is measured. Gives a reader for each socket.
 */
export function readOnce(read: (message: Uint8Array) => Told): () => (message: Buffer) => Told {
  const most = 512;
  const kept: { readonly bytes: Buffer; readonly told: Told }[] = [];
  let made = 0;
  return () => {
    let next = 0;
    return (message) => {
      // Mostly the one behind the last; a socket that missed some, or is the first, finds its place again.
      for (let i = Math.max(next, made - most), looked = 0; i < made && looked < 64; i++, looked++) {
        const { bytes, told } = kept[i % most]!;
        if (bytes.length !== message.length || !bytes.equals(message)) continue;
        next = i + 1;
        return told;
      }
      const bytes = Buffer.from(message);
      const told = read(bytes);
      kept[made % most] = { bytes, told };
      next = ++made;
      return told;
    };
  };
}
