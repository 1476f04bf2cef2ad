import { beforeEach, describe, expect, it } from 'vitest';
import { asBytes, type Bytes } from '../../../shared/base/bytes.ts';
import { createIntakes, type Intake, type Intakes } from '../../../server/http/socket-intake.ts';

/** Milliseconds for all sockets in a turn, as the module says, and what one message of these tests takes. */
const budget = 10;

let now: number;
let turns: (() => void)[];
let timers: (() => void)[];
let intakes: Intakes;
let handedOn: string[];

beforeEach(() => {
  now = 0;
  turns = [];
  timers = [];
  handedOn = [];
  intakes = createIntakes(
    () => now,
    (run) => void turns.push(run),
    (_milliseconds, run) => void timers.push(run),
  );
});

/** Runs what was put off until now; says how long it took. */
const turn = (): number => {
  const began = now;
  const all = turns;
  turns = [];
  for (const run of all) run();
  return now - began;
};

/** The time that was waited for is over. */
const wait = (): void => {
  for (const run of timers.splice(0)) run();
};

interface Socket {
  readonly intake: Intake;
  isPaused: boolean;
  isRefused: boolean;
  send(count: number, bytes?: number): void;
}
function open(name: string, cost: number, owner: object = {}): Socket {
  let sent = 0;
  const socket: Omit<Socket, 'intake'> & { intake?: Intake } = {
    isPaused: false,
    isRefused: false,
    send(count, bytes = 10) {
      for (let i = 0; i < count; i++) {
        const message = new Uint8Array(bytes);
        new DataView(message.buffer).setUint32(0, sent++);
        intake.take(asBytes(message));
      }
    },
  };
  const intake = intakes.open({
    socket: { pause: () => void (socket.isPaused = true), resume: () => void (socket.isPaused = false) },
    receive(message: Bytes) {
      now += cost;
      handedOn.push(`${name}${new DataView(message.buffer).getUint32(0)}`);
    },
    pace: () => 0,
    isRefused: () => socket.isRefused,
    owner: () => owner,
  });
  return Object.assign(socket, { intake });
}
const of = (name: string): string[] => handedOn.filter((each) => each.startsWith(name));

describe('what sockets send', () => {
  it('is handed on at once while one of them alone has little', () => {
    const one = open('a', 1);
    one.send(budget);
    expect(handedOn).toHaveLength(budget);
    expect(one.isPaused).toBe(false);
    turn();
    one.send(1);
    expect(handedOn).toHaveLength(budget + 1);
    turn();
    expect(turns).toEqual([]);
  });

  it('takes no more of a turn from twenty busy sockets than from one, and all of it comes, in order', () => {
    const sockets = Array.from({ length: 20 }, (_, i) => open(`${'abcdefghijklmnopqrst'[i]!}`, 5));
    for (const socket of sockets) socket.send(50);
    expect(now).toBe(budget);
    expect(sockets.filter(({ isPaused }) => isPaused).length).toBeGreaterThan(18);
    while (turns.length > 0) expect(turn()).toBeLessThanOrEqual(budget);
    expect(handedOn).toHaveLength(1_000);
    for (const letter of 'abcdefghijklmnopqrst')
      expect(of(letter)).toEqual(Array.from({ length: 50 }, (_, i) => `${letter}${i}`));
    expect(sockets.some(({ isPaused }) => isPaused)).toBe(false);
  });

  it('comes after what waits, and nobody waits for more than a round', () => {
    const floods = Array.from({ length: 8 }, (_, i) => open(`${'abcdefgh'[i]!}`, 5));
    for (const flood of floods) flood.send(500);
    const small = open('z', 0);
    for (let i = 0; i < 20; i++) {
      small.send(1);
      const before = of('z').length;
      // Two of the others fit in a turn.
      for (let round = 0; round < 5; round++) turn();
      expect(of('z').length).toBe(before + 1);
    }
  });

  it('is served by owner: who has a hundred sockets gets no more than who has one', () => {
    const flooder = {};
    const floods = Array.from({ length: 100 }, () => open('f', 1, flooder));
    for (const flood of floods) flood.send(100);
    const [one, two] = [open('x', 1), open('y', 1)];
    one.send(100);
    two.send(100);
    const before = of('f').length;
    for (let i = 0; i < 6; i++) turn();
    const shares = [of('f').length - before, of('x').length, of('y').length];
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(4);
  });

  it('is bounded by its number and its bytes too: what is gathered costs something later', () => {
    const many = Array.from({ length: 20 }, (_, i) => open(`${'abcdefghijklmnopqrst'[i]!}`, 0));
    for (const one of many) one.send(250);
    expect(handedOn).toHaveLength(64);
    turn();
    expect(handedOn).toHaveLength(64 + 512);
    while (turns.length > 0) turn();
    handedOn = [];
    const large = open('b', 0);
    large.send(200, 4_096);
    expect(handedOn).toHaveLength(64);
    while (turns.length > 0) {
      const before = handedOn.length;
      turn();
      expect(handedOn.length - before).toBeLessThanOrEqual(64);
    }
    // One that is larger than all of it comes alone.
    large.send(2, 1024 * 1024);
    expect(handedOn).toHaveLength(201);
    turn();
    expect(handedOn).toHaveLength(202);
  });

  it('is a share of a turn for each socket, however small its messages are, and the rest waits', () => {
    const flood = open('a', 0);
    flood.send(5_000);
    expect(handedOn).toHaveLength(64);
    expect(flood.isPaused).toBe(true);
    const small = open('b', 0);
    for (let i = 0; i < 20; i++) {
      small.send(1);
      const before = of('a').length;
      turn();
      expect(of('b')).toHaveLength(i + 1);
      expect(of('a')).toHaveLength(before + 64);
    }
    while (turns.length > 0) turn();
    expect(of('a')).toEqual(Array.from({ length: 5_000 }, (_, i) => `a${i}`));
    expect(flood.isPaused).toBe(false);
  });

  it('is a small share where it is refused, with a pause after each, and all of it comes in order', () => {
    const flood = open('a', 0);
    flood.send(1);
    flood.isRefused = true;
    flood.send(200);
    expect(handedOn).toHaveLength(8);
    for (let at = 16; at < 80; at += 8) {
      while (turns.length > 0) turn();
      expect(handedOn).toHaveLength(at);
      wait();
    }
    flood.isRefused = false;
    while (turns.length > 0 || timers.length > 0) {
      turn();
      wait();
    }
    expect(flood.isPaused).toBe(false);
    expect(of('a')).toEqual(Array.from({ length: 201 }, (_, i) => `a${i}`));
  });

  it('before it closed is handed on in its turn like everybody’s, and only then it is gone', () => {
    const [leaving, staying] = [open('a', 5), open('b', 5)];
    leaving.send(100);
    staying.send(10);
    let isGone = false;
    leaving.intake.end(() => (isGone = true));
    for (; !isGone; expect(turns.length).toBeGreaterThan(0)) {
      expect(turn()).toBeLessThanOrEqual(budget);
      if (isGone) break;
    }
    expect(of('a')).toHaveLength(100);
    expect(of('b')).toHaveLength(10);
    let isGoneAtOnce = false;
    staying.intake.end(() => (isGoneAtOnce = true));
    expect(isGoneAtOnce).toBe(true);
  });

  it('faster than the rate waits, and what others send does not', () => {
    const received: number[] = [];
    const pace = (): number => (received.length % 2 === 1 ? 5 : 0);
    const held = intakes.open({
      socket: { pause: () => {}, resume: () => {} },
      receive: (message) => void received.push(message.length),
      pace,
      isRefused: () => false,
      owner: () => held,
    });
    for (let i = 1; i <= 5; i++) held.take(asBytes(new Uint8Array(i)));
    turn();
    expect(received).toEqual([1]);
    open('z', 0).send(1);
    expect(handedOn).toEqual(['z0']);
    for (let i = 0; i < 5; i++) {
      wait();
      turn();
    }
    expect(received).toEqual([1, 2, 3, 4, 5]);
  });
});
