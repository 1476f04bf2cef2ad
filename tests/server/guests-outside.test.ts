import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { WebSocket } from 'ws';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId, type DeviceId } from '../../shared/base/ids.ts';
import { decodeRelayMessage, encodeClientMessage } from '../../shared/protocol/codec.ts';
import type { ClientMessage, RelayMessage } from '../../shared/protocol/messages.ts';
import { protocolVersion, schemaVersion } from '../../shared/protocol/version.ts';
import { until } from '../support/relay-process.ts';
import { signIn, type SignedIn } from '../support/sign-in.ts';
import { startFromSource, type SourceRelay } from '../support/source-relay.ts';

/** A real process that somebody's program talks to as a guest, or as what it takes for one. */
let relay: SourceRelay;
let owner: SignedIn;
let folder: string;
const code = 'Abcdefghijklmnop';

const start = async (): Promise<void> => {
  relay = await startFromSource({ WEFT_DATA: folder });
  owner = await signIn(relay.address);
};
beforeEach(async () => {
  folder = mkdtempSync(joinPath(tmpdir(), 'weft-guests-'));
  await start();
  const to = { member: owner.member.id };
  const about = { name: 'Shop', on: true, until: null, source: '', tags: [], hours: null, away: '' };
  await command('customers/main', 'customers.link', { id: 'l', code, to, welcome: 'Hi', ...about });
}, 60_000);
afterEach(async () => {
  await relay.stop();
  rmSync(folder, { recursive: true, force: true });
});

let n = 0;
const asOwner = () => ({ authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' });
async function command(room: string, type: string, data: unknown): Promise<void> {
  const commands = [{ id: newId(), n: ++n, room: `${owner.workspace.id}/${room}`, type, data }];
  const init = { method: 'POST', headers: asOwner(), body: JSON.stringify({ commands }) };
  const answer = await fetch(`${relay.address}/api/commands`, init);
  const { results } = (await answer.json()) as { results: { ok: boolean; code?: string }[] };
  expect(results).toMatchObject([{ ok: true }]);
}
const post = (): Promise<Response> =>
  fetch(`${relay.address}/api/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: relay.address },
    body: JSON.stringify({ code, language: 'en', consent: true }),
  });
async function begin() {
  const answer = await post();
  const guest = (await answer.json()) as { member: string; chat: string };
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0]!;
  return { ...guest, cookie, file: `customer/${guest.member.slice('guest-'.length)}` };
}

function dial(path: string, headers: Record<string, string>) {
  const socket = new WebSocket(relay.address.replace('http', 'ws') + path, { headers });
  const said: RelayMessage[] = [];
  const status = new Promise<number>((resolve) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
  const closed = once(socket, 'close').then(([reason]) => reason as number);
  socket.on('error', () => undefined);
  socket.on('message', (bytes: Buffer) => {
    const decoded = decodeRelayMessage(bytes);
    if (decoded.ok) said.push(decoded.value);
  });
  const send = (message: ClientMessage): void => socket.send(encodeClientMessage(message));
  const hello = { version: protocolVersion, schema: schemaVersion, device: newId<DeviceId>() };
  return { socket, said, status, closed, send, greet: () => send({ type: 'hello', hello }) };
}

test('[G-1] a guest comes by their cookie to the device’s socket, and by nothing else to no other', async () => {
  const { cookie, chat, member } = await begin();
  const token = cookie.split('=')[1]!;
  const origin = relay.address;
  const as = '/sync?as=guest';
  const wrong: [string, Record<string, string>, number][] = [
    [as, { origin }, 401],
    [as, { cookie }, 403],
    [as, { cookie, origin: 'https://evil.example' }, 403],
    [`${as}&token=${token}`, { origin }, 401],
    [as, { authorization: `Bearer ${token}`, origin }, 401],
    [`${as}&token=${owner.token}`, { origin }, 401],
    [as, { cookie: `weft_session=${owner.token}`, origin }, 401],
    [as, { cookie: `weft-guest=${owner.token}`, origin }, 401],
    [`/sync?token=${token}`, { origin }, 401],
    [`/sync/${encodeURIComponent(chat)}?as=guest`, { cookie, origin }, 401],
    [`/sync/${encodeURIComponent(chat)}`, { cookie, origin }, 401],
    [`/sync/${encodeURIComponent(chat)}?token=${token}`, { origin }, 401],
  ];
  for (const [path, headers, status] of wrong)
    expect([path, headers, await dial(path, headers).status]).toEqual([path, headers, status]);
  // The cookie of a guest alone makes nobody a member: without a hello that names one it is a stranger.
  const stranger = dial('/sync', { cookie, origin });
  expect(await stranger.status).toBe(101);
  stranger.greet();
  expect(await stranger.closed).toBe(4401);

  const page = dial(as, { cookie, origin });
  expect(await page.status).toBe(101);
  page.greet();
  const welcome = await until('a welcome', () => page.said.find(({ type }) => type === 'welcome'));
  expect(welcome).toMatchObject({ welcome: { member } });
  page.socket.terminate();
});

test('[G-5] bytes for a guest stop within a second of the end of their conversation', async () => {
  const { cookie, chat, file } = await begin();
  const page = dial('/sync?as=guest', { cookie, origin: relay.address });
  await page.status;
  page.greet();
  await until('a welcome', () => page.said.length > 0);

  const bytes = randomBytes(24 * 1024 * 1024);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const of = `room=${encodeURIComponent(chat)}&hash=${hash}`;
  const path = `${relay.address}/api/upload?${of}&size=${bytes.length}&at=0`;
  const put = await fetch(path, { method: 'PATCH', headers: asOwner(), body: bytes });
  expect(put.status).toBe(200);
  let got = 0;
  let lastAt = 0;
  const download = httpGet(`${relay.address}/api/blob?${of}&as=guest`, { headers: { cookie } });
  download.on('error', () => undefined);
  const [answer] = (await once(download, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  const over = new Promise<void>((resolve) => answer.once('close', resolve));
  answer.on('error', () => undefined);
  answer.on('data', (chunk: Buffer) => {
    got += chunk.length;
    lastAt = performance.now();
    // Read slowly, as over a bad network.
    answer.pause();
    setTimeout(() => answer.resume(), 20);
  });
  await until('bytes', () => got > 0);
  await command(file, 'customer.end', {});
  const endedAt = performance.now();
  expect(await page.closed).toBe(4401);
  expect(performance.now() - endedAt).toBeLessThan(1_000);
  await over;
  expect(got).toBeLessThan(bytes.length);
  expect(lastAt - endedAt).toBeLessThan(1_500);
  const again = await fetch(`${relay.address}/api/blob?${of}&as=guest`, { headers: { cookie } });
  expect(again.status).toBe(409);
}, 60_000);

test('a relay that is killed while customers begin has each of them whole or not at all', async () => {
  const rooms = async (kind: string): Promise<string[]> => {
    const answer = await fetch(`${relay.address}/api/rooms?kind=${kind}`, { headers: asOwner() });
    return ((await answer.json()) as { room: string }[]).map(({ room }) => room);
  };
  for (const after of [3, 9]) {
    const known = (await rooms('customer')).length;
    let answered = 0;
    const done = Array.from({ length: 40 }, async () => {
      const answer = await post().catch(() => null);
      if (answer?.ok && ++answered === after) process.kill(relay.pid, 'SIGKILL');
      return answer?.ok ? (answer.headers.get('set-cookie') ?? '').split(';')[0]! : null;
    });
    const cookies = (await Promise.all(done)).filter((cookie) => cookie !== null);
    await relay.stop();
    await start();
    // Whoever was answered is there, with the session that they were given.
    for (const cookie of cookies) {
      const answer = await fetch(`${relay.address}/api/guest`, { headers: { cookie } });
      expect(answer.status).toBe(200);
    }
    const files = await rooms('customer');
    expect(files.length - known).toBeGreaterThanOrEqual(cookies.length);
    const chats = await rooms('chat');
    for (const file of files) {
      const chat = file.replace('/customer/', '/chat/customer-');
      expect(chats).toContain(chat);
      const log = await fetch(`${relay.address}/api/log?room=${encodeURIComponent(chat)}`, {
        headers: asOwner(),
      });
      const { entries } = (await log.json()) as { entries: { type: string }[] };
      expect(entries.map(({ type }) => type)).toEqual(['chat.customer', 'chat.send']);
    }
    const main = encodeURIComponent(`${owner.workspace.id}/customers/main`);
    const log = await fetch(`${relay.address}/api/log?room=${main}`, { headers: asOwner() });
    const { entries } = (await log.json()) as { entries: { type: string }[] };
    expect(entries.filter(({ type }) => type === 'customers.begun')).toHaveLength(files.length);
  }
}, 120_000);

test('a welcome brings its files once they have arrived, to its own conversation', async () => {
  const bytes = Buffer.from('what we offer');
  const hash = createHash('sha256').update(bytes).digest('hex');
  const files = [{ hash, name: 'offer.txt', size: bytes.length, type: 'text/plain' }];
  const settings = `${owner.workspace.id}/customers/main`;
  const about = { name: 'Shop', on: true, until: null, source: '', tags: [], hours: null, away: '' };
  const withFiles = (welcome: string) =>
    command('customers/main', 'customers.link', {
      ...{ id: 'l', code, to: { member: owner.member.id }, welcome, files, ...about },
    });
  await withFiles('Hi');
  const read = async (room: string, cookie: string) =>
    fetch(`${relay.address}/api/blob?room=${room}&hash=${hash}&as=guest`, { headers: { cookie } });
  const firstOf = async (chat: string): Promise<unknown> => {
    const log = await fetch(`${relay.address}/api/log?room=${chat}`, { headers: asOwner() });
    return ((await log.json()) as { entries: { data: unknown }[] }).entries[1]?.data;
  };
  // Still on their way: the conversation begins without them.
  const early = await begin();
  expect(await firstOf(early.chat)).toEqual({ text: 'Hi' });
  expect((await read(early.chat, early.cookie)).status).toBe(404);
  const put = `${relay.address}/api/upload?room=${settings}&hash=${hash}&size=${bytes.length}&at=0`;
  expect((await fetch(put, { method: 'PATCH', headers: asOwner(), body: bytes })).status).toBe(200);
  await withFiles('');
  const guest = await begin();
  expect(await firstOf(guest.chat)).toEqual({ text: '', files });
  expect(await (await read(guest.chat, guest.cookie)).text()).toBe('what we offer');
  expect((await read(settings, guest.cookie)).status).toBe(403);
  // Nobody puts anything to the company's settings by the cookie of a guest.
  const other = `${put.replace(hash, createHash('sha256').update('x').digest('hex'))}&as=guest`;
  const headers = { cookie: guest.cookie, origin: relay.address };
  expect((await fetch(other, { method: 'PATCH', headers, body: bytes })).status).toBe(403);
});
