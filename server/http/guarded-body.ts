import type { Context } from 'hono';
import { asBytes, type Bytes } from '../../shared/base/bytes.ts';
import type { AppEnvironment } from './environment.ts';

/** Asked again at most so often while an answer goes out. Milliseconds. */
const askEvery = 250;
const piece = 64 * 1024;

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += piece) yield bytes.subarray(from, from + piece);
}

/**
 * An answer that may take minutes to go out, and ends when its reader may not have it any more: then the connection is
 * cut in the middle.
 */
export function guardedBody(
  c: Context<AppEnvironment>,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  mayStill: () => boolean,
): ReadableStream<Bytes> {
  const pieces = (body instanceof Uint8Array ? inPieces(body) : body)[Symbol.asyncIterator]();
  // First of all: to make the answer may have taken a while, too.
  let askedAt = -Infinity;
  const isOver = (): boolean => {
    const now = performance.now();
    if (now - askedAt < askEvery) return false;
    askedAt = now;
    return !mayStill();
  };
  return new ReadableStream<Bytes>({
    async pull(controller) {
      if (isOver()) {
        c.env?.incoming?.socket.resetAndDestroy();
        await pieces.return?.();
        return controller.close();
      }
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(asBytes(next.value));
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}
