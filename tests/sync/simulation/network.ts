import type { OpenSocket, SocketEvents } from '../../../client/data/sync/contract.ts';
import type { Bytes } from '../../../shared/base/bytes.ts';
import { errorTable } from '../../../shared/base/errors.ts';
import type { Caller, Connection, Relay } from '../../../server/relay/contract.ts';

/** One socket. Frames keep their order on a line; which line is next is up to the schedule. */
export interface Line {
  readonly id: number;
  readonly owner: string;
  readonly events: SocketEvents;
  /** Null until the relay was reached. */
  connection: Connection | null;
  caller: Caller | null;
  readonly toRelay: Bytes[];
  readonly toDevice: (Bytes | { readonly close: number })[];
  open: boolean;
  /** Neither side hears of the other, and neither knows it. */
  silent: boolean;
}

/** Who looks at every frame. */
export interface Tap {
  /** The relay handed these to the network. */
  said(line: Line, frame: Bytes): void;
  /** A frame is about to reach the relay. */
  heard(line: Line, frame: Bytes): void;
  /** Something happened that the same seed has to repeat. */
  note(what: number): void;
}

/** All sockets of a schedule. Nothing arrives before `deliverOne`; what is under way when a line breaks is lost. */
export class Network {
  readonly #relay: () => Relay | null;
  readonly #random: () => number;
  readonly #tap: Tap;
  #lines: Line[] = [];
  #next = 0;
  /** Frames that reached the relay. */
  delivered = 0;

  constructor(relay: () => Relay | null, random: () => number, tap: Tap) {
    this.#relay = relay;
    this.#random = random;
    this.#tap = tap;
  }

  /** `caller` is asked at the hello: null when the session is over. */
  socketFor(owner: string, caller: () => Caller | null, reachable: () => boolean): OpenSocket {
    return (events) => {
      const line: Line = {
        id: this.#next++,
        owner,
        events,
        connection: null,
        caller: null,
        toRelay: [],
        toDevice: [],
        open: true,
        silent: false,
      };
      this.#lines.push(line);
      void Promise.resolve().then(() => this.#connect(line, caller, reachable()));
      return {
        send: (frame) => void (line.open && line.toRelay.push(frame)),
        close: () => this.#leave(line),
      };
    };
  }

  #connect(line: Line, caller: () => Caller | null, reachable: boolean): void {
    const relay = this.#relay();
    if (!line.open) return;
    if (!relay || !reachable) return this.#break(line, 1006);
    line.connection = relay.connectDevice(
      {
        send: (frames) => {
          for (const frame of frames) {
            this.#tap.said(line, frame);
            line.toDevice.push(frame);
          }
        },
        close: (code) => void line.toDevice.push({ close: errorTable[code].close }),
        buffered: 0,
      },
      () => (line.caller = caller()),
    );
    line.events.opened();
  }

  /** Lets one frame of one line arrive, whichever the seed says; false when nothing is under way. */
  deliverOne(): boolean {
    const ways: [Line, boolean][] = [];
    for (const line of this.#lines) {
      if (line.silent) continue;
      if (line.toRelay.length > 0 && line.connection) ways.push([line, true]);
      if (line.toDevice.length > 0 && line.open) ways.push([line, false]);
    }
    const way = ways[Math.floor(this.#random() * ways.length)];
    if (!way) return false;
    const [line, up] = way;
    this.#tap.note(line.id * 2 + (up ? 1 : 0));
    if (up) {
      this.delivered += 1;
      const frame = line.toRelay.shift()!;
      this.#tap.heard(line, frame);
      line.connection?.receive(frame);
      // The device left; the relay hears of it after what was sent before.
      if (!line.open && line.toRelay.length === 0) this.#forget(line);
      return true;
    }
    const frame = line.toDevice.shift()!;
    if (frame instanceof Uint8Array) line.events.frame(frame);
    else this.#break(line, frame.close);
    return true;
  }

  /** Cuts the lines of a device, or all. */
  cut(owner?: string): void {
    for (const line of [...this.#lines])
      if (owner === undefined || line.owner === owner) this.#break(line, 1006);
  }

  /** Cuts by the events of a line, as `WorldDevice` knows them. */
  cutWhere(which: (events: SocketEvents) => boolean): void {
    for (const line of [...this.#lines]) if (which(line.events)) this.#break(line, 1006);
  }

  /** The lines of a device go on in silence: half open. */
  silence(owner: string): void {
    for (const line of this.#lines) if (line.owner === owner) line.silent = true;
  }

  /** Silent lines are dropped by the relay, as it does with sockets that give no sign of life. */
  dropSilent(): void {
    for (const line of [...this.#lines]) if (line.silent) this.#break(line, 1006);
  }

  /** Silence was only a delay: everything arrives after all. */
  resume(): void {
    for (const line of this.#lines) line.silent = false;
  }

  /** The device closed its end. What it sent before still arrives, save on a silent line, where the relay never learns. */
  #leave(line: Line): void {
    if (!line.open) return;
    line.open = false;
    line.toDevice.length = 0;
    if (!line.connection || (line.toRelay.length === 0 && !line.silent)) this.#forget(line);
  }

  #forget(line: Line): void {
    this.#lines = this.#lines.filter((each) => each !== line);
    line.connection?.gone();
  }

  #break(line: Line, code: number): void {
    const wasOpen = line.open;
    line.open = false;
    this.#forget(line);
    if (wasOpen) line.events.closed(code);
  }
}
