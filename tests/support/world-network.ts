import type { OpenSocket, SocketEvents } from '../../client/data/sync/contract.ts';
import type { Bytes } from '../../shared/base/bytes.ts';
import { errorTable } from '../../shared/base/errors.ts';
import type { Caller, Connection, Relay } from '../../server/relay/contract.ts';

interface Line {
  readonly events: SocketEvents;
  /** Null until the relay was reached. */
  connection: Connection | null;
  readonly toRelay: Bytes[];
  readonly toDevice: (Bytes | { readonly close: number })[];
  open: boolean;
}

/** All sockets of a world. Nothing arrives before `deliverOne`; what is under way when a line breaks is lost. */
export class Network {
  readonly #relay: () => Relay | null;
  readonly #random: () => number;
  readonly #lines = new Set<Line>();
  /** Frames that reached the relay since the beginning, for counting round trips. */
  delivered = 0;

  constructor(relay: () => Relay | null, random: () => number) {
    this.#relay = relay;
    this.#random = random;
  }

  /** How one device reaches the relay; `reachable` is asked at every attempt. */
  socketFor(caller: () => Caller, reachable: () => boolean): OpenSocket {
    return (events) => {
      const line: Line = { events, connection: null, toRelay: [], toDevice: [], open: true };
      this.#lines.add(line);
      queueMicrotask(() => this.#connect(line, caller, reachable()));
      return {
        send: (frame) => void (line.open && line.toRelay.push(frame)),
        close: () => this.#break(line, null),
      };
    };
  }

  #connect(line: Line, caller: () => Caller, reachable: boolean): void {
    const relay = this.#relay();
    if (!line.open) return;
    if (!relay || !reachable) return this.#break(line, 1006);
    line.connection = relay.connectDevice(
      {
        send: (frames) => void line.toDevice.push(...frames),
        close: (code) => void line.toDevice.push({ close: errorTable[code].close }),
        buffered: 0,
      },
      () => caller(),
    );
    line.events.opened();
  }

  /** Lets one frame of one line arrive, whichever the seed says; false when nothing is under way. */
  deliverOne(): boolean {
    const ways = [...this.#lines].flatMap((line) => [
      ...(line.toRelay.length > 0 && line.connection ? [() => this.#toRelay(line)] : []),
      ...(line.toDevice.length > 0 ? [() => this.#toDevice(line)] : []),
    ]);
    const way = ways[Math.floor(this.#random() * ways.length)];
    way?.();
    return way !== undefined;
  }

  /** Cuts the lines of a device, or all. */
  cut(which: (line: SocketEvents) => boolean = () => true): void {
    for (const line of [...this.#lines]) if (which(line.events)) this.#break(line, 1006);
  }

  #toRelay(line: Line): void {
    this.delivered += 1;
    line.connection?.receive(line.toRelay.shift()!);
  }

  #toDevice(line: Line): void {
    const frame = line.toDevice.shift()!;
    if (frame instanceof Uint8Array) line.events.frame(frame);
    else this.#break(line, frame.close);
  }

  /** `code` null: the device itself closed and needs not be told. */
  #break(line: Line, code: number | null): void {
    if (!line.open) return;
    line.open = false;
    this.#lines.delete(line);
    line.connection?.gone();
    if (code !== null) line.events.closed(code);
  }
}
