import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A cable between one browser and the relay that a test can pull out. Emulating "offline" inside the browser leaves
 * open sockets and workers alone; here every connection of theirs really breaks, and new ones are refused.
 */
export class Line {
  readonly #relayPort: number;
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(relayPort: number) {
    this.#relayPort = relayPort;
  }

  /** The same for the whole life of the line: an origin is a port too, and holds the device's database. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get isUp(): boolean {
    return this.#server !== undefined;
  }

  async plugIn(): Promise<void> {
    if (this.#server) return;
    const server = createServer((near) => this.#join(near));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port was given');
    this.#port = address.port;
    this.#server = server;
  }

  async pullOut(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#open) socket.resetAndDestroy();
    await closed;
  }

  #join(near: Socket): void {
    const far = connect(this.#relayPort, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      // A broken cable is what this is for: the other end breaks too, nothing else happens.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
