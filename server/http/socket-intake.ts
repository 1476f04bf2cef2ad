import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Bytes } from '../../shared/base/bytes.ts';

/** Milliseconds that the messages of one socket may take of one turn of the event loop. */
const share = 20;

/** Hands messages on in order, and lets others have their turn when one socket sends much work at once. */
export interface Intake {
  take(message: Bytes): void;
  /** Hands on what still waits: the peer is gone and nothing more will come. */
  drain(): void;
}

/** `pace` counts each message and says for how many milliseconds none may be taken after it, 0 mostly. */
export function fairIntake(
  webSocket: Pick<WebSocket, 'pause' | 'resume'>,
  receive: (message: Bytes) => void,
  pace: (bytes: number) => number = () => 0,
): Intake {
  let waiting: Bytes[] = [];
  let spent = 0;
  let scheduled = false;
  let held = false;

  const one = (message: Bytes): void => {
    const started = performance.now();
    receive(message);
    spent += performance.now() - started;
    const wait = pace(message.length);
    if (wait > 0) hold(wait);
  };

  /** Nothing more is read from the network until the time is over. */
  const hold = (milliseconds: number): void => {
    held = true;
    webSocket.pause();
    setTimeout(() => {
      held = false;
      if (waiting.length === 0) webSocket.resume();
      else schedule();
    }, milliseconds).unref();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      spent = 0;
      if (waiting.length === 0 || held) return;
      let next = 0;
      while (next < waiting.length && spent < share && !held) one(waiting[next++]!);
      waiting = waiting.slice(next);
      if (waiting.length === 0 && !held) webSocket.resume();
      schedule();
    });
  };

  return {
    take(message) {
      schedule();
      if (waiting.length === 0 && spent < share && !held) return one(message);
      // Nothing more is read from the network until this has been done.
      if (waiting.push(message) === 1) webSocket.pause();
    },
    drain() {
      const left = waiting;
      waiting = [];
      for (const message of left) receive(message);
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
