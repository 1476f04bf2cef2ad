import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { boundNames, boundTable } from '../../../server/bounds.ts';
import { join, signIn, type SignedIn } from '../../support/sign-in.ts';
import { RawDevice } from '../../support/raw-device.ts';
import { startFromSource, type SourceRelay } from '../../support/source-relay.ts';

/** A relay with short times, as programs outside see it: real process, real network. */
let relay: SourceRelay;
let owner: SignedIn;
let other: SignedIn;
let port: number;
beforeAll(async () => {
  relay = await startFromSource({
    WEFT_MAX_HEADER_TIME: '3000',
    WEFT_MAX_HELLO_TIME: '12000',
    WEFT_MAX_MEMBER_REQUESTS: '10',
    WEFT_MAX_BODY: '5000',
  });
  port = Number(new URL(relay.address).port);
  owner = await signIn(relay.address);
  [other] = (await join(relay.address, owner, ['Other'])) as [SignedIn];
}, 60_000);
afterAll(() => relay.stop());

const raw = (): Socket => connect(port, '127.0.0.1').on('error', () => {});
/** What a raw request is answered with, when the connection has ended, and after how many milliseconds that was. */
const say = async (
  text: string,
  go: (socket: Socket) => void = () => {},
): Promise<{ status: number; head: string; body: string; took: number }> => {
  const socket = raw();
  const began = performance.now();
  let got = '';
  socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')));
  socket.on('connect', () => {
    socket.write(text);
    go(socket);
  });
  await once(socket, 'close');
  const [head = '', ...body] = got.split('\r\n\r\n');
  return {
    status: Number(head.split(' ')[1] ?? 0),
    head,
    body: body.join('\r\n\r\n'),
    took: performance.now() - began,
  };
};
const struck = (bound: string): Promise<number> => relay.metric(`weft_bound_struck_total{bound="${bound}"}`);
const codeOf = (body: string): string => (JSON.parse(body) as { error: { code: string } }).error.code;

test('every bound is told in the metrics: where it lies, how far it was reached, how often it struck', async () => {
  const text = await (await fetch(`${relay.address}/metrics`)).text();
  for (const bound of boundNames)
    for (const name of ['weft_bound', 'weft_bound_reached', 'weft_bound_struck_total'])
      if (name !== 'weft_bound_reached' || boundTable[bound].shown !== null)
        expect(text).toMatch(new RegExp(`^${name}\\{bound="${bound}"\\} \\d`, 'm'));
  expect(await relay.metric('weft_bound_reached{bound="headers"}')).toBeGreaterThan(50);
  expect(await relay.metric('weft_bound_reached{bound="connections"}')).toBeGreaterThan(0);
  expect(await relay.metric('weft_received_messages_total')).toBe(0);
  expect(await relay.metric('weft_bound{bound="body"}')).toBe(5_000);
});

describe('who never finishes a request', { timeout: 30_000 }, () => {
  test('is cut off, and others are served meanwhile', async () => {
    const slow = say('GET /healthz HTTP/1.1\r\nHost: x\r\n', (socket) => {
      const drip = setInterval(() => socket.write('a: b\r\n'), 200);
      socket.on('close', () => clearInterval(drip));
    });
    const mute = say('');
    const began = performance.now();
    expect((await fetch(`${relay.address}/healthz`)).ok).toBe(true);
    expect(performance.now() - began).toBeLessThan(1_000);
    for (const { status, body, took } of await Promise.all([slow, mute])) {
      expect(took).toBeLessThan(8_000);
      expect([status, codeOf(body)]).toEqual([408, 'too-slow']);
    }
    expect(await struck('headerTime')).toBeGreaterThanOrEqual(2);
  });

  test('or sends headers or an address without end, is told so', async () => {
    const large = await say(`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect([large.status, codeOf(large.body)]).toEqual([431, 'too-large']);
    const many = Array.from({ length: 2_000 }, (_, i) => `h${i}: ${'v'.repeat(10)}`).join('\r\n');
    expect((await say(`GET /healthz HTTP/1.1\r\nHost: x\r\n${many}\r\n\r\n`)).status).toBe(431);
    expect(await struck('headers')).toBe(2);
    // As many as fit, on an upgrade, where a library once fell over the missing header.
    const short = Array.from({ length: 2_500 }, (_, i) => `${i}:`).join('\r\n');
    const upgrade = await say(
      `GET /sync HTTP/1.1\r\n${short}\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n`,
      (socket) => setTimeout(() => socket.end(), 300),
    );
    expect(upgrade.status).toBeGreaterThanOrEqual(200);
    expect((await fetch(`${relay.address}/healthz`)).ok).toBe(true);
  });

  test('or two requests in one is refused as a whole', async () => {
    const smuggled = 'GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n';
    const form = (headers: string, body: string): string =>
      `POST /api/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
    const conflicts = [
      form('Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${smuggled}`),
      form('Transfer-Encoding: chunked\r\nContent-Length: 60', `0\r\n\r\n${smuggled}`),
      form('Content-Length: 5\r\nContent-Length: 60', smuggled),
      form('Transfer-Encoding: chunked, identity', `0\r\n\r\n${smuggled}`),
      form('Transfer-Encoding : chunked', `0\r\n\r\n${smuggled}`),
      form('Transfer-Encoding: xchunked', `0\r\n\r\n${smuggled}`),
      form('Content-Length: +5', smuggled),
      form('Content-Length: 0x5', smuggled),
      form(' Content-Length: 5', smuggled),
    ];
    for (const request of conflicts) {
      const { status, head, body } = await say(request, (socket) => setTimeout(() => socket.end(), 300));
      expect([request, status]).toEqual([request, 400]);
      expect(head).toMatch(/connection: close/i);
      expect(`${head}${body}`).not.toContain('"ok":true');
    }
  });
});

describe('what a request may bring', () => {
  test('is bounded, and refused with a code and a time to come back', async () => {
    const form = await fetch(`${relay.address}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'x'.repeat(6_000), password: 'x' }),
    });
    expect([form.status, codeOf(await form.text())]).toEqual([413, 'too-large']);
    const headers = { authorization: `Bearer ${other.token}` };
    const answers = await Promise.all(
      Array.from({ length: 250 }, () => fetch(`${relay.address}/api/session`, { headers })),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(100);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.headers.get('retry-after')).toBe('1');
    expect(codeOf(await refused[0]!.text())).toBe('too-many-requests');
    expect(await struck('memberRequests')).toBe(refused.length);
    // Another member is not concerned.
    const mine = await fetch(`${relay.address}/api/session`, {
      headers: { authorization: `Bearer ${owner.token}` },
    });
    expect(mine.status).toBe(200);
  });

  test('and an upload that breaks off is nobody’s error', async () => {
    const at = `/api/blob?room=${encodeURIComponent(`${owner.workspace.id}/scratch/x`)}&hash=${'a'.repeat(64)}`;
    await say(
      `PUT ${at} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${owner.token}\r\nContent-Length: 1000000\r\n\r\n` +
        `\x89PNG\r\n\x1a\n${'x'.repeat(5_000)}`,
      (socket) => setTimeout(() => socket.resetAndDestroy(), 300),
    );
    await say(
      `POST /api/commands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${owner.token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"commands": [',
      (socket) => setTimeout(() => socket.resetAndDestroy(), 300),
    );
    expect((await fetch(`${relay.address}/healthz`)).ok).toBe(true);
    await delay(300);
    const bad = relay.lines().filter((line) => !line.startsWith('{') || /"level":"(error|fatal)"/.test(line));
    expect(bad).toEqual([]);
  });

  test('does not write lines of the log', async () => {
    const forged = '\r\n{"level":"error","msg":"forged"}\r\n';
    await fetch(`${relay.address}/api/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '1.2.3.4' },
      body: JSON.stringify({ email: `a@example.org${forged}`, password: forged }),
    });
    await fetch(`${relay.address}/api/join/${encodeURIComponent(forged)}`);
    const lines = relay.lines().map((line) => JSON.parse(line) as { msg: string; network?: string });
    expect(lines.some(({ msg }) => msg === 'forged')).toBe(false);
    const refused = lines.filter(({ msg }) => msg === 'sign-in refused');
    expect(refused.length).toBeGreaterThan(0);
    // Nobody trusted a header that anybody can write.
    expect(refused.every(({ network }) => network === '127.0.0.1')).toBe(true);
  });
});

describe('before anybody knows who it is', { timeout: 60_000 }, () => {
  test('a thousand sockets cost little each, and are gone after the deadline', async () => {
    const warm = await Promise.all(Array.from({ length: 100 }, () => stranger()));
    await Promise.all(warm.map((socket) => (socket.close(), once(socket, 'close'))));
    const before = await relay.memory();
    const strangers = await Promise.all(Array.from({ length: 1_000 }, () => stranger()));
    // As much as each may say: the beginning of a message that never ends.
    for (const socket of strangers) socket.send(Buffer.alloc(12_000), { fin: false });
    await delay(500);
    const each = ((await relay.memory()) - before) / 1_000;
    console.log(`an unsigned socket costs ${Math.round(each / 1024)} KiB of resident memory`);
    expect(each).toBeLessThan(64 * 1024);
    expect(await relay.metric('weft_bound_reached{bound="strangers"}')).toBe(1_000);
    await Promise.all(strangers.map((socket) => once(socket, 'close')));
    expect(await relay.metric('weft_bound_reached{bound="strangers"}')).toBe(0);
    expect(await struck('helloTime')).toBe(1_000);
  });

  test('a message in a hundred thousand pieces of a byte ends the connection and costs nothing', async () => {
    const device = new RawDevice();
    await device.connect(relay.address, owner.token);
    const before = await relay.memory();
    const torn = new WebSocket(`${relay.address.replace('http', 'ws')}/sync?token=${owner.token}`);
    torn.on('error', () => {});
    await once(torn, 'open');
    const over = once(torn, 'close') as Promise<[number]>;
    for (let i = 0; i < 100_000; i++) torn.send('x', { binary: true, fin: false });
    // Who is still sending when the connection is cut may not come to read the code.
    expect([1006, 1008]).toContain((await over)[0]);
    expect(await struck('fragments')).toBe(1);
    expect((await relay.memory()) - before).toBeLessThan(16 * 1024 * 1024);
    device.close();
  });
});

const stranger = async (): Promise<WebSocket> => {
  const socket = new WebSocket(`${relay.address.replace('http', 'ws')}/sync`);
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
};

describe('a peer that is there and does not answer', { timeout: 30_000 }, () => {
  test('is dropped within the bound on silence, and gone from presence', async () => {
    const relay = await startFromSource({ WEFT_MAX_SILENCE: '3000' });
    const owner = await signIn(relay.address);
    const [other] = (await join(relay.address, owner, ['Other'])) as [SignedIn];
    const watching = new RawDevice();
    const there = watching.next('presence', ({ online }) => online.includes(other.member.id as never));
    await watching.connect(relay.address, owner.token);
    const program = `
      import { WebSocket } from ${JSON.stringify(import.meta.resolve('ws'))};
      const socket = new WebSocket(process.argv[1]);
      socket.on('open', () => socket.send(Buffer.from(process.argv[2], 'base64')));
      socket.on('message', () => process.stdout.write('.'));
    `;
    const { encodeClientMessage } = await import('../../../shared/protocol/codec.ts');
    const hello = encodeClientMessage({
      type: 'hello',
      hello: { version: 1, schema: 1, device: 'frozen' as never },
    });
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      program,
      `${relay.address.replace('http', 'ws')}/sync?token=${other.token}`,
      Buffer.from(hello).toString('base64'),
    ]);
    try {
      await there;
      const gone = watching.next('presence', ({ online }) => !online.includes(other.member.id as never));
      child.kill('SIGSTOP');
      const began = performance.now();
      await gone;
      const took = performance.now() - began;
      console.log(`a stopped process was gone from presence after ${Math.round(took)} ms of 3000`);
      expect(took).toBeLessThan(4_000);
      expect(await relay.metric('weft_bound_struck_total{bound="silence"}')).toBe(1);
    } finally {
      child.kill('SIGKILL');
      watching.close();
      await relay.stop();
    }
  });
});
