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

export function fairIntake(
  webSocket: Pick<WebSocket, 'pause' | 'resume'>,
  receive: (message: Bytes) => void,
): Intake {
  let waiting: Bytes[] = [];
  let spent = 0;
  let scheduled = false;

  const one = (message: Bytes): void => {
    const started = performance.now();
    receive(message);
    spent += performance.now() - started;
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      spent = 0;
      if (waiting.length === 0) return;
      let next = 0;
      while (next < waiting.length && spent < share) one(waiting[next++]!);
      waiting = waiting.slice(next);
      if (waiting.length === 0) webSocket.resume();
      schedule();
    });
  };

  return {
    take(message) {
      schedule();
      if (waiting.length === 0 && spent < share) return one(message);
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
