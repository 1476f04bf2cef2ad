import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createCards, type Cards } from '../../../server/cards/cards.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { createRequestRate } from '../../../server/http/request-rate.ts';
import { createOutside } from '../../../server/outside/fetch.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import type { StoredRow } from '../../../server/storage/contract.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, DeviceId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { LinkCard } from '../../../shared/features/chat/card.ts';
import { until } from '../../support/relay-process.ts';
import { bearer, codeOf, owner, type SignedIn } from '../http/test-app.ts';

let folder: string;
let workspace: Workspace;
let cards: Cards;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let ben: SignedIn;
let now: number;
let site: Server;
let port: number;
let asked: string[];
let pages: Record<string, RequestListener>;

const png = (width: number, height: number): Buffer => {
  const bytes = Buffer.alloc(64);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};
const answer =
  (
    body: string | Buffer,
    type = 'text/html; charset=utf-8',
    more: Record<string, string> = {},
  ): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': type, ...more });
    response.end(body);
  };
const page = (title: string, more = '') => answer(`<head><title>${title}</title>${more}</head>`);
const at = (path: string): string => `http://127.0.0.1:${port}${path}`;

const send = async (method: string, path: string, who: SignedIn | null, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeEach(async () => {
  asked = [];
  pages = {};
  site = createServer((request, response) => {
    asked.push(request.url ?? '');
    const listener = Object.hasOwn(pages, request.url ?? '') ? pages[request.url ?? ''] : undefined;
    if (listener) listener(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  ({ port } = site.address() as AddressInfo);

  folder = mkdtempSync(join(tmpdir(), 'weft-cards-'));
  now = Date.UTC(2026, 0, 5);
  const clock = { now: () => now };
  workspace = await openWorkspace({ folder, durability: 'process', clock });
  const quiet = (): void => {};
  const log = { info: quiet, warn: quiet, error: quiet };
  cards = createCards({
    ...{ relay: workspace.relay, blobs: workspace.blobs, clock, log, publicUrl: 'https://weft.example' },
    outside: createOutside({ hosts: [`127.0.0.1:${port}`] }),
    rate: createRequestRate(defaultBounds, noBoundMetrics, 'memberCards'),
  });
  app = createApp({
    ...workspace,
    ...{ clock, log, cards, metrics: createRequestMetrics(new Registry()), bounds: defaultBounds },
    ...{ boundMetrics: noBoundMetrics, files: null, publicUrl: null, trustedProxies: 0 },
  });
  const token = workspace.auth.setup.link();
  me = (await (
    await send('POST', '/api/setup', null, { token, workspace: 'Example', ...owner })
  ).json()) as SignedIn;
  const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
  const { code } = (await (await send('POST', '/api/invitations', me, wish)).json()) as { code: string };
  const person = { name: 'ben', email: 'ben@example.com', password: 'ben has a secret' };
  ben = (await (await send('POST', `/api/join/${code}`, null, person)).json()) as SignedIn;
  await command(me, 'chat.create', { type: 'group', title: 'Team', members: [ben.member.id] });
});
afterEach(async () => {
  cards.stop();
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
  site.closeAllConnections();
  await new Promise((done) => site.close(done));
});

let n = 0;
const room = (): RoomId => `${me.workspace.id}/chat/team` as RoomId;
const directory = (): RoomId => `${me.workspace.id}/directory/main` as RoomId;
async function command(who: SignedIn, type: string, data: unknown, to = room()) {
  const id = `c${++n}`;
  const commands = [{ id, n, room: to, type, data }];
  const said = await send('POST', '/api/commands', who, { commands });
  const [result] = ((await said.json()) as { results: { ok: boolean; seq?: number; code?: string }[] })
    .results;
  return { ...result!, id, target: { seq: result!.seq!, id } };
}
const say = (text: string, more: object = {}, who = me) => command(who, 'chat.send', { text, ...more });
const entries = (): LogEntry[] => workspace.relay.entries(null, room(), 0, 1_000);
const told = () =>
  entries().flatMap(({ type, by, data }) =>
    type === 'chat.card'
      ? [{ by, ...(data as { target: { seq: number; id: string }; card: LinkCard }) }]
      : [],
  );
const oneCard = () => until('a card', () => told()[0]);
/** A link that gets one, sent behind all that must not: what was asked for before has been settled then. */
async function nothingBefore(): Promise<void> {
  pages['/last'] = page('last');
  await say(at('/last'));
  await until('the last card', () => told().some(({ card }) => card.title === 'last'));
  expect(told()).toHaveLength(1);
}

describe('a link in a message', () => {
  test('gets a card that says what its page says, by the relay', async () => {
    pages['/tea'] = page(
      'Tea',
      `<meta property="og:description" content="From &lt;b&gt;Hangzhou"><meta property="og:image" content="/tea.png">`,
    );
    pages['/tea.png'] = answer(png(600, 315), 'image/png');
    const { target } = await say(`look: ${at('/tea')}, nice`);
    const { by, card, target: of } = await oneCard();
    expect({ by, of }).toEqual({ by: me.member.id, of: target });
    const { picture, ...words } = card;
    expect(words).toEqual({ url: at('/tea'), title: 'Tea', description: 'From <b>Hangzhou' });
    expect(picture).toMatchObject({ width: 600, height: 315 });
    // Readers fetch it from the conversation, and from nowhere else.
    const query = `room=${encodeURIComponent(room())}&hash=${picture!.hash}`;
    const shown = await send('GET', `/api/blob?${query}`, ben);
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(asked).toEqual(['/tea', '/tea.png']);
  });

  test('is asked for once, however often it is sent', async () => {
    pages['/tea'] = page('Tea');
    await say(at('/tea'));
    await oneCard();
    await say(at('/tea'), {}, ben);
    await until('the second card', () => told().length === 2);
    expect(asked).toEqual(['/tea']);
  });

  test.each([
    ['whose author wants none', () => say(at('/tea'), { noCard: true })],
    ['in code', () => say(`\`${at('/tea')}\``)],
    ['to the relay itself', () => say('https://weft.example/messages/x')],
  ])('%s gets none', async (_what, act) => {
    pages['/tea'] = page('Tea');
    await act();
    await nothingBefore();
  });

  test('gets none when the company wants none, and nobody is asked', async () => {
    pages['/tea'] = page('Tea');
    expect(await command(ben, 'workspace.cards', { on: false }, directory())).toMatchObject({
      code: 'forbidden',
    });
    expect(await command(me, 'workspace.cards', { on: false }, directory())).toMatchObject({ ok: true });
    await say(at('/tea'));
    const preview = await send('GET', `/api/card?url=${encodeURIComponent(at('/tea'))}`, me);
    expect(await preview.json()).toEqual({ card: null });
    await command(me, 'workspace.cards', { on: true }, directory());
    await nothingBefore();
    expect(asked).toEqual(['/last']);
  });

  test('of a guest gets none, and nobody is asked', async () => {
    pages['/tea'] = page('Tea');
    const guest = 'guest-c1' as MemberId;
    const begun = {
      link: null,
      guest,
      owner: me.member.id,
      name: '',
      tags: [],
      language: 'en',
      consentAt: 1,
    };
    const place = (kind: string, id: string) => `${me.workspace.id}/${kind}/${id}` as RoomId;
    await workspace.relay.appendFact(place('customer', 'c1'), 'customer.begin', guest, begun);
    const chat = place('chat', 'customer-c1');
    const caller = { member: guest, session: 's', device: 'd' as DeviceId };
    const data = { text: `look: ${at('/tea')}` };
    const said = { id: 'g1' as CommandId, n: 1, room: chat, type: 'chat.send', data };
    expect(await workspace.relay.command(caller, said)).toMatchObject({ ok: true });
    await nothingBefore();
    expect(asked).toEqual(['/last']);
  });

  test('that an edit brings gets one, and one that was there before does not come back', async () => {
    pages['/one'] = page('One');
    pages['/two'] = page('Two');
    const { target } = await say(at('/one'));
    await oneCard();
    expect(await command(me, 'chat.uncard', { target })).toMatchObject({ ok: true });
    await command(me, 'chat.edit', { target, text: `${at('/one')} again` });
    await command(me, 'chat.edit', { target, text: at('/two') });
    await until('the card of the edit', () => told().length === 2);
    expect(told()[1]!.card.title).toBe('Two');
  });

  test('gets none when the message was recalled while its page was looked at', async () => {
    let release = (): void => {};
    const held = new Promise<void>((done) => (release = done));
    pages['/slow'] = (request, response) => void held.then(() => page('Slow')(request, response));
    const { target } = await say(at('/slow'));
    await until('the question', () => asked.includes('/slow'));
    await command(me, 'chat.recall', { target });
    release();
    await nothingBefore();
  });
});

describe('what is no page to be shown', () => {
  test.each<[string, RequestListener]>([
    ['another kind of file', answer('<title>x</title>', 'application/json')],
    ['SVG', answer('<svg><title>x</title></svg>', 'image/svg+xml')],
    [
      'an error',
      (_request, response) =>
        response.writeHead(500, { 'content-type': 'text/html' }).end('<title>x</title>'),
    ],
    [
      'an answer that leads into the company’s network',
      (_request, response) => response.writeHead(302, { location: 'http://10.0.0.1/admin' }).end(),
    ],
    [
      'an answer that leads to the machine itself',
      (_request, response) => response.writeHead(302, { location: `http://localhost:${port}/tea` }).end(),
    ],
    [
      'an answer that breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html', 'content-length': '5000' });
        response.write('<title>');
        response.destroy();
      },
    ],
  ])('%s', async (_what, listener) => {
    pages['/tea'] = page('Tea');
    pages['/bad'] = listener;
    await say(at('/bad'));
    await nothingBefore();
    expect(asked).not.toContain('/tea');
  });

  test.each([
    'http://127.0.0.1:1/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
  ])('an address that is not of the public internet: %s', async (url) => {
    await say(url);
    const preview = await send('GET', `/api/card?url=${encodeURIComponent(url)}`, ben);
    expect(await preview.json()).toEqual({ card: null });
    await nothingBefore();
  });

  test('a page that has no end, and one that is small packed and huge unpacked: their beginning counts', async () => {
    pages['/endless'] = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      const more = (): void => {
        while (response.write(' '.repeat(65_536)));
        response.once('drain', more);
      };
      response.write('<title>endless</title>');
      more();
    };
    pages['/bomb'] = answer(gzipSync(`<title>bomb</title>${' '.repeat(50_000_000)}`), 'text/html', {
      'content-encoding': 'gzip',
    });
    await say(at('/endless'));
    await say(at('/bomb'));
    await until('both cards', () => told().length === 2);
    expect(
      told()
        .map(({ card }) => card.title)
        .sort(),
    ).toEqual(['bomb', 'endless']);
  });
});

describe('a picture', () => {
  test.each<[string, RequestListener]>([
    ['that is SVG', answer('<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/png')],
    ['that is a page', answer('<script>alert(1)</script>', 'image/png')],
    ['that is huge on the screen', answer(png(8_000, 8_000), 'image/png')],
    ['that is a dot', answer(png(1, 1), 'image/png')],
    ['that is cut off', answer(png(600, 315).subarray(0, 12), 'image/png')],
    ['that has no end', answer(Buffer.concat([png(600, 315), Buffer.alloc(4_000_000)]), 'image/png')],
    [
      'of the company’s network',
      (_request, response) => response.writeHead(302, { location: 'http://192.168.0.1/camera.jpg' }).end(),
    ],
  ])('%s is left out of the card', async (_what, listener) => {
    pages['/tea'] = page('Tea', '<meta property="og:image" content="/p">');
    pages['/p'] = listener;
    await say(at('/tea'));
    const { card } = await oneCard();
    expect(card).toEqual({ url: at('/tea'), title: 'Tea' });
    expect(asked).toContain('/p');
  });
});

describe('nobody', () => {
  const made = { url: 'https://bank.example/', title: 'Your bank' };

  test('but the relay says what a page says', async () => {
    const { target } = await say('https://bank.example');
    expect(await command(me, 'chat.card', { target, card: made })).toMatchObject({ code: 'bad-request' });
    expect(await say('x', { card: made })).toMatchObject({ ok: true });
    expect(entries().at(-1)!.data).toEqual({ text: 'x' });
  });

  test('but its author takes a card away', async () => {
    pages['/tea'] = page('Tea');
    const { target } = await say(at('/tea'));
    await oneCard();
    expect(await command(ben, 'chat.uncard', { target })).toMatchObject({ code: 'forbidden' });
    expect(await command(me, 'chat.uncard', { target: { seq: 99, id: 'no' } })).toMatchObject({
      code: 'message-not-found',
    });
    expect(await command(me, 'chat.uncard', { target })).toMatchObject({ ok: true });
  });

  test('has the relay ask pages without signing in, or faster than the bound', async () => {
    const ask = (who: SignedIn | null, url: string) =>
      send('GET', `/api/card?url=${encodeURIComponent(url)}`, who);
    expect((await ask(null, at('/tea'))).status).toBe(401);
    for (const url of [
      'file:///etc/passwd',
      'ftp://a.example',
      'https://',
      'x',
      `https://a.example/${'a'.repeat(3_000)}`,
    ])
      expect((await ask(me, url)).status).toBe(400);
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(me, at(`/${i}`))));
    const slowed = answers.filter(({ status }) => status === 429);
    expect(slowed).toHaveLength(10);
    expect(await codeOf(slowed[0]!)).toBe('too-many-requests');
    expect((await ask(ben, at('/tea'))).status).toBe(200);
  });
});

test('what is old when it is stored was handed back after a restore, and gets no card', async () => {
  cards.stop();
  pages['/tea'] = page('Tea');
  const rows: StoredRow[] = [];
  workspace.relay.whenStored((stored) => rows.push(...stored));
  await say(at('/tea'));
  let tell = (_rows: readonly StoredRow[]): void => {};
  const relay = { ...workspace.relay, whenStored: (to: typeof tell) => void (tell = to) };
  const log = { warn: () => {}, error: () => {} };
  cards = createCards({
    ...{ relay, blobs: workspace.blobs, clock: { now: () => now }, log, rate: () => null, publicUrl: null },
    outside: createOutside({ hosts: [`127.0.0.1:${port}`] }),
  });
  tell(rows.map((row) => ({ ...row, at: row.at - 3_600_000 })));
  expect(asked).toEqual([]);
  tell(rows);
  await oneCard();
  expect(told()).toHaveLength(1);
});

test('what goes to many brings one card to all of them, looked for once, and nobody’s own', async () => {
  pages['/tea'] = page('Tea', `<meta property="og:image" content="/tea.png">`);
  pages['/tea.png'] = answer(png(600, 315), 'image/png');
  const to = (name: string): RoomId => `${me.workspace.id}/${name}` as RoomId;
  const link = {
    ...{ id: 'l1', code: 'Abcdefghijklmnop', name: 'Shop', on: true, until: null, source: '', tags: [] },
    ...{ welcome: '', hours: null, away: '', to: { member: me.member.id } },
  };
  await command(me, 'customers.link', link, to('customers/main'));
  const chats: RoomId[] = [];
  for (let i = 0; i < 3; i++) {
    const wish = { code: link.code, language: 'en', consent: true };
    const begun = await app.request('/api/guest', {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: 'weft.test', origin: 'http://weft.test' },
      body: JSON.stringify(wish),
    });
    chats.push(((await begun.json()) as { chat: RoomId }).chat);
  }
  const broadcast = to('broadcast/b1');
  const customers = chats.map((chat) => chat.slice(chat.lastIndexOf('customer-') + 'customer-'.length));
  await command(me, 'broadcast.begin', { name: '' }, broadcast);
  await command(me, 'broadcast.words', { text: `New: ${at('/tea')}`, nameless: '' }, broadcast);
  await command(me, 'broadcast.add', { customers }, `${broadcast}:list` as RoomId);
  await command(me, 'broadcast.submit', { customers: 3, from: null, hours: null }, broadcast);
  const messages = () =>
    chats.flatMap((chat) =>
      workspace.relay.entries(null, chat, 0, 100).filter(({ type }) => type === 'chat.send'),
    );
  await until('all messages', () => messages().length === 3);
  const shown = messages().map(({ data }) => (data as { card?: LinkCard }).card);
  expect(shown[0]).toMatchObject({ url: at('/tea'), title: 'Tea', picture: { width: 600, height: 315 } });
  expect(shown).toEqual([shown[0], shown[0], shown[0]]);
  expect(asked).toEqual(['/tea', '/tea.png']);
  // The picture belongs to each conversation.
  for (const chat of chats)
    expect(workspace.blobs.find(chat, shown[0]!.picture!.hash)).toMatchObject({ type: 'image/png' });

  // Nobody makes one up.
  const made = { url: at('/tea'), title: 'Free money' };
  expect(await say('look', { card: made })).toMatchObject({ ok: true });
  expect(entries().at(-1)!.data).toEqual({ text: 'look' });
  expect(await command(me, 'broadcast.card', { link: at('/tea'), card: made }, broadcast)).toMatchObject({
    ok: false,
  });
  expect(asked).toHaveLength(2);
});
