import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Bytes } from '../../shared/base/bytes.ts';

/** Milliseconds that the messages of all sockets may take of one turn of the event loop. */
const mostTime = 10;
/**
 * Messages and bytes of one turn. Small updates of texts are only gathered when they are handed on: what they cost comes
 * at the end of the turn, so it is bounded by their number and size.
 */
const mostMessages = 512;
const mostBytes = 256 * 1024;
/** Messages of one socket in a turn: a flood is many short turns, in each of which others come too. */
const mostOfOne = 64;
/** The same of one whose updates are refused: no honest flood is, and to others its turns are nearly nothing. */
const mostOfRefused = 8;
/** Milliseconds until its next share: one after the other they would leave nobody else a quiet loop. */
const refusedBreath = 2;
/** Milliseconds that one owner of sockets may take before the next has a turn. */
const quantum = 2;

/** What one socket sends. */
export interface Intake {
  take(message: Bytes): void;
  /** The peer is gone: calls `then` when what still waits has been handed on. */
  end(then: () => void): void;
}

export interface IntakeWish {
  readonly socket: Pick<WebSocket, 'pause' | 'resume'>;
  receive(message: Bytes): void;
  /** Counts a message, and says for how many milliseconds none may be taken after it, 0 mostly. */
  pace(bytes: number): number;
  /** What it sent last was refused. */
  isRefused(): boolean;
  /** Whose socket it is: all sockets of one owner share their turns. Asked when something has to wait. */
  owner(): object;
}

/**
 * Hands messages on, those of each socket in order. All sockets have one budget for a turn of the event loop; when it is
 * used up the others wait, and in the next turn owners are served one after the other, beginning with who was not.
 */
export interface Intakes {
  open(wish: IntakeWish): Intake;
}

interface Line extends IntakeWish {
  waiting: Bytes[];
  /** Of `waiting`: the first that is not handed on. */
  next: number;
  isHeld: boolean;
  isQueued: boolean;
  /** In which turn it handed something on last, and how many messages in that. */
  turn: number;
  taken: number;
  ended: (() => void) | null;
}

interface Owner {
  readonly who: object;
  /** Those that have something waiting. */
  readonly lines: Line[];
}

export function createIntakes(
  now: () => number = () => performance.now(),
  defer: (run: () => void) => void = (run) => void setImmediate(run),
  later: (milliseconds: number, run: () => void) => void = (milliseconds, run) =>
    void setTimeout(run, milliseconds).unref(),
): Intakes {
  const owners = new Map<object, Owner>();
  /** In the order in which they are served. */
  const ring: Owner[] = [];
  /** Those that are not served any more in this turn. */
  const sated: Line[] = [];
  let spent = 0;
  let messages = 0;
  let bytes = 0;
  let turn = 0;
  let isPlanned = false;

  const isSpent = (): boolean => spent >= mostTime || messages >= mostMessages || bytes >= mostBytes;

  const plan = (): void => {
    if (isPlanned) return;
    isPlanned = true;
    defer(() => {
      isPlanned = false;
      spent = messages = bytes = 0;
      turn++;
      serve();
      // What was handed on just now is of the turn that begins: it ends once more.
      if (ring.length > 0 || messages > 0) plan();
    });
  };

  const handOn = (line: Line, message: Bytes): number => {
    const started = now();
    line.receive(message);
    const took = now() - started;
    spent += took;
    messages++;
    bytes += message.length;
    if (line.turn !== turn) [line.turn, line.taken] = [turn, 0];
    line.taken++;
    const wait = line.pace(message.length);
    if (wait > 0 && !line.ended) hold(line, wait);
    return took;
  };

  /** It had its share of this turn. */
  const isSated = (line: Line): boolean =>
    line.turn === turn && line.taken >= (line.isRefused() ? mostOfRefused : mostOfOne);

  const hasMore = (line: Line): boolean => line.next < line.waiting.length;

  const enqueue = (line: Line): void => {
    if (line.isQueued || line.isHeld) return;
    line.isQueued = true;
    const who = line.owner();
    let owner = owners.get(who);
    if (!owner) {
      owners.set(who, (owner = { who, lines: [] }));
      ring.push(owner);
    }
    owner.lines.push(line);
    plan();
  };

  /** Nothing waits any more. */
  const empty = (line: Line): void => {
    line.waiting = [];
    line.next = 0;
    if (line.ended) line.ended();
    else if (!line.isHeld) line.socket.resume();
  };

  /** Nothing more is read from the network until the time is over. */
  const hold = (line: Line, milliseconds: number): void => {
    line.isHeld = true;
    line.socket.pause();
    later(milliseconds, () => {
      line.isHeld = false;
      if (hasMore(line)) enqueue(line);
      else if (!line.ended) line.socket.resume();
    });
  };

  /** One message of each socket of the owner in turn, for as long as nobody else has to wait for. */
  const serveOwner = ({ lines }: Owner): void => {
    for (let took = 0; took < quantum && lines.length > 0 && !isSpent();) {
      const line = lines.shift()!;
      line.isQueued = false;
      if (isSated(line)) {
        sated.push(line);
        continue;
      }
      took += handOn(line, line.waiting[line.next++]!);
      if (!hasMore(line)) empty(line);
      else if (!line.isHeld) {
        line.isQueued = true;
        lines.push(line);
      }
    }
  };

  const serve = (): void => {
    while (ring.length > 0 && !isSpent()) {
      const owner = ring.shift()!;
      serveOwner(owner);
      if (owner.lines.length > 0) ring.push(owner);
      else owners.delete(owner.who);
    }
    for (const line of sated.splice(0))
      if (line.isRefused()) hold(line, refusedBreath);
      else enqueue(line);
  };

  return {
    open(wish) {
      const line: Line = {
        ...wish,
        waiting: [],
        next: 0,
        isHeld: false,
        isQueued: false,
        turn: 0,
        taken: 0,
        ended: null,
      };
      return {
        take(message) {
          plan();
          // Whoever waits is served before those who come.
          if (ring.length === 0 && !line.isHeld && !hasMore(line) && !isSpent() && !isSated(line))
            return void handOn(line, message);
          if (line.waiting.push(message) === 1) line.socket.pause();
          enqueue(line);
        },
        end(then) {
          line.ended = then;
          // The rate was for the network: what came is handed on in its turn.
          line.isHeld = false;
          if (hasMore(line)) enqueue(line);
          else then();
        },
      };
    },
  };
}

/** Cuts a stranger off who sends more than `most` bytes before the returned function was called. */
export function boundUntil(socket: Duplex, most: number, cut: () => void): () => void {
  let received = 0;
  const count = (chunk: Buffer): void => {
    received += chunk.length;
    if (received > most) cut();
  };
  socket.on('data', count);
  return () => void socket.off('data', count);
}
