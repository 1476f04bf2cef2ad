import type { Dialect, Told } from './dialects.ts';
import { Wire } from './wire.ts';

export interface OpenOptions {
  /** One that many clients share which are told the same. */
  readonly read?: (message: Buffer) => Told;
  /** Whether what is there has arrived with these updates; any answer will do otherwise. */
  readonly isAll?: (updates: readonly Uint8Array[]) => boolean;
}

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

  /** Connects and has all there is. */
  static async open(
    port: number,
    dialect: Dialect,
    room: string,
    options: OpenOptions = {},
  ): Promise<Client> {
    const { read = dialect.read, isAll = () => true } = options;
    const client = new Client(await Wire.open(port, dialect.path(room)), dialect, room, read);
    const greeting = dialect.greeting(room);
    if (greeting.length > 0) {
      const all = client.#next(({ updates, whole }) => {
        const some = whole ? whole.updates : updates;
        return (whole || some.length > 0) && isAll(some) ? true : undefined;
      });
      client.wire.send(greeting);
      await all;
    }
    return client;
  }

  /** The next answer to "what do I lack". */
  whole(): Promise<Uint8Array[]> {
    return this.#next((told) => told.whole?.updates.map((update) => update.slice()));
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

  /** All there is, when the server has taken in what was sent before: asking goes through the same queue. */
  async settled(): Promise<Uint8Array[]> {
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
