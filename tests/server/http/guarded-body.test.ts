import type { Context } from 'hono';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AppEnvironment } from '../../../server/http/environment.ts';
import { guardedBody } from '../../../server/http/guarded-body.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

let cuts: number;
/** A request whose connection only counts how often it was cut. */
const context = (): Context<AppEnvironment> => {
  cuts = 0;
  return {
    env: { incoming: { socket: { resetAndDestroy: () => cuts++ } } },
  } as unknown as Context<AppEnvironment>;
};
const bytes = new Uint8Array(1_000_000).map((_, i) => i);

test('an answer goes out whole, in pieces, as long as its reader may have it', async () => {
  const answer = new Response(guardedBody(context(), bytes, () => true));
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  expect(cuts).toBe(0);
});

test('an answer that took long to make does not begin for who may not have it by then', async () => {
  const reader = guardedBody(context(), bytes, () => false).getReader();
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  expect(cuts).toBe(1);
});

test('an answer is cut a quarter of a second after its reader may not have it any more', async () => {
  let allowed = true;
  let given = 0;
  let closed = false;
  async function* source() {
    try {
      for (;;) {
        given++;
        yield new Uint8Array(1_000);
      }
    } finally {
      closed = true;
    }
  }
  const reader = guardedBody(context(), source(), () => allowed).getReader();
  for (let i = 0; i < 5; i++) expect((await reader.read()).done).toBe(false);
  allowed = false;
  expect((await reader.read()).done).toBe(false);
  vi.advanceTimersByTime(251);
  const before = given;
  // One piece was read ahead.
  while (!(await reader.read()).done);
  expect(given - before).toBeLessThanOrEqual(1);
  expect([cuts, closed]).toEqual([1, true]);
});
