import { expect, test } from 'vitest';
import { Connection } from '../../../client/data/sync/connection.ts';
import type { SocketEvents } from '../../../client/data/sync/contract.ts';
import { Reconnect } from '../../../client/data/sync/reconnect.ts';
import { encodeRelayMessage } from '../../../shared/protocol/codec.ts';
import { HeldClock, randomOf } from '../../support/world-time.ts';

function openConnection(buffered: () => number = () => 0) {
  const clock = new HeldClock();
  let socket!: SocketEvents;
  const sent: number[] = [];
  const closed: number[] = [];
  const connection = new Connection(
    (events) => {
      socket = events;
      return { send: () => void sent.push(clock.now()), close: () => undefined, buffered };
    },
    clock,
    { opened: () => undefined, message: () => undefined, closed: (code) => void closed.push(code) },
  );
  socket.opened();
  socket.frame(encodeRelayMessage({ type: 'pong' }));
  const pass = (milliseconds: number): void => {
    for (const end = clock.now() + milliseconds; clock.next(end - clock.now());) continue;
  };
  return { connection, closed, sent, pass, hear: () => socket.frame(encodeRelayMessage({ type: 'pong' })) };
}

test('a device that wakes up finds out within seconds that its socket is dead', () => {
  const { connection, closed, sent, pass } = openConnection();
  connection.probe();
  connection.probe();
  expect(sent).toHaveLength(1);
  pass(6_000);
  expect(closed).toEqual([1000]);
});

test('a device that wakes up keeps a socket that answers', () => {
  const { connection, closed, pass, hear } = openConnection();
  connection.probe();
  hear();
  pass(15_000);
  expect(closed).toEqual([]);
  connection.probe();
  hear();
  pass(15_000);
  expect(connection.ended).toBe(false);
});

test('a silent socket is asked, then given up', () => {
  const { closed, sent, pass } = openConnection();
  pass(21_000);
  expect(sent).toHaveLength(1);
  expect(closed).toEqual([]);
  pass(15_000);
  expect(closed).toEqual([1000]);
});

test('a socket that is silent behind a large update is kept as long as the network takes some of it', () => {
  let left = 8_000_000;
  const { closed, pass } = openConnection(() => left);
  // A slow network: 40 kB a second, three minutes long.
  for (let second = 0; second < 180; second++) {
    pass(1_000);
    left -= 40_000;
  }
  expect(closed).toEqual([]);
  // Then it takes nothing more.
  pass(36_000);
  expect(closed).toEqual([1000]);
});

/** When a relay that welcomes and drops every device at once is tried, in milliseconds from the start. */
function attempts(seed: number, lastsFor: number, count: number, atLeast = 0): number[] {
  const clock = new HeldClock();
  const start = clock.now();
  const times: number[] = [];
  const reconnect = new Reconnect(clock, randomOf(seed), () => {
    times.push(clock.now() - start);
    reconnect.succeeded();
    clock.after(lastsFor, () => reconnect.later(atLeast));
  });
  reconnect.later(atLeast);
  while (times.length < count) clock.next(100_000);
  return times;
}

test('a relay that welcomes a device and drops it at once is tried ever more rarely', () => {
  const times = attempts(1, 50, 12);
  expect(times[11]! - times[10]!).toBeGreaterThan(10_000);
});

test('after a connection that lasted, the next attempt comes soon', () => {
  const times = attempts(2, 60_000, 6);
  expect(times[5]! - times[4]!).toBeLessThan(61_000);
});

test('devices that were told to wait do not come back in the same moment', () => {
  const firsts = Array.from({ length: 50 }, (_, seed) => attempts(seed, 50, 1, 10_000)[0]!);
  expect(new Set(firsts).size).toBeGreaterThan(40);
  expect(Math.min(...firsts)).toBeGreaterThanOrEqual(10_000);
});
