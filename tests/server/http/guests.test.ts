import { createHash, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics, type Bounds } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { isGuest } from '../../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { noCards } from '../../support/no-cards.ts';
import { bearer, codeOf, cookieOf, host, owner, ownPage, type SignedIn } from './test-app.ts';

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let ben: SignedIn;
let now: number;

async function open(bounds: Partial<Bounds> = {}): Promise<void> {
  const clock = { now: () => (now += 1_000) };
  const all = { ...defaultBounds, ...bounds };
  workspace = await openWorkspace({ folder, durability: 'process', clock, bounds: all });
  const quiet = (): void => {};
  app = createApp({
    ...workspace,
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
    cards: noCards,
    metrics: createRequestMetrics(new Registry()),
    bounds: all,
    boundMetrics: noBoundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
}
async function close(): Promise<void> {
  await workspace.relay.stop();
  workspace.close();
}

const send = async (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...ownPage, 'content-type': 'application/json', ...headers },
    ...(body === undefined
      ? {}
      : { body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) }),
  });
async function newPerson(name: string): Promise<SignedIn> {
  const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
  const made = await send('POST', '/api/invitations', bearer(me.token), wish);
  const { code } = (await made.json()) as { code: string };
  const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
  return (await (await send('POST', `/api/join/${code}`, {}, person)).json()) as SignedIn;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-guests-'));
  // A Monday, nine o'clock.
  now = Date.UTC(2026, 0, 5, 9);
  await open();
  const token = workspace.auth.setup.link();
  const setUp = await send('POST', '/api/setup', {}, { token, workspace: 'Example', ...owner });
  me = (await setUp.json()) as SignedIn;
  ben = await newPerson('ben');
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

let n = 0;
const room = (name: string): RoomId => `${me.workspace.id}/${name}` as RoomId;
const settings = (): SettingsState => workspace.relay.state(room('customers/main')) as SettingsState;
const fileOf = (guest: string): CustomerState =>
  workspace.relay.state(room(`customer/${guest.slice('guest-'.length)}`)) as CustomerState;
async function command(who: SignedIn, to: RoomId, type: string, data: unknown): Promise<string> {
  const commands = [{ id: `c${++n}`, n, room: to, type, data }];
  const answer = await send('POST', '/api/commands', bearer(who.token), { commands });
  const { results } = (await answer.json()) as { results: { ok: boolean; code?: string }[] };
  return results[0]!.ok ? 'ok' : results[0]!.code!;
}

const code = 'Abcdefghijklmnop';
const base = {
  id: 'l1',
  code,
  name: 'Shop',
  on: true,
  until: null,
  source: 'web',
  tags: ['vip'],
  welcome: 'Hello from {person} of {company}',
  hours: null,
  away: 'We are asleep',
};
const link = (more: object = {}) =>
  command(me, room('customers/main'), 'customers.link', { ...base, to: { member: me.member.id }, ...more });

interface GuestAnswer {
  readonly member: MemberId;
  readonly chat: RoomId;
  readonly owner: string;
  readonly name: string | null;
  readonly phone: string | null;
  readonly person: { name: string; post: string };
  readonly staff: { id: string; name: string }[];
}
const wish = { code, language: 'en', consent: true };
async function begin(cookie = '', by = code) {
  const answer = await send('POST', '/api/guest', cookie ? { cookie } : {}, { ...wish, code: by });
  return {
    status: answer.status,
    cookie: cookieOf(answer),
    set: answer.headers.get('set-cookie') ?? '',
    guest: (await answer.json()) as GuestAnswer & { error?: { code: string } },
  };
}
const says = (cookie: string, method: string, path: string, body?: unknown): Promise<Response> =>
  send(method, path, { cookie }, body);

test('a contact link says who would answer, signed by a key that stays the same', async () => {
  await link();
  const answer = await send('GET', `/api/contact/${code}`, {});
  expect(answer.status).toBe(200);
  const card = (await answer.json()) as {
    verified: { host: string; key: string; publicKey: string; card: string; signature: string };
  };
  expect(card).toMatchObject({
    open: true,
    company: 'Example',
    person: { name: owner.name, post: '' },
    link: { welcome: `Hello from ${owner.name} of Example` },
    verified: { host },
  });
  const { publicKey, key, card: text, signature } = card.verified;
  const der = Buffer.from(publicKey, 'base64');
  const spki = createPublicKey({ key: der, format: 'der', type: 'spki' });
  expect(verify(null, Buffer.from(text), spki, Buffer.from(signature, 'base64'))).toBe(true);
  expect(JSON.parse(text)).toMatchObject({ company: 'Example', host, person: { name: owner.name } });
  const digest = createHash('sha256').update(der).digest('hex').slice(0, 16).toUpperCase();
  expect(key.replaceAll(' ', '')).toBe(digest);
  await close();
  await open();
  const later = (await (await send('GET', `/api/contact/${code}`, {})).json()) as typeof card;
  expect(later.verified.key).toBe(key);
});

test('a link that is off, over, unknown or of nobody lets nobody in, all with one answer', async () => {
  await link({ id: 'a', code: 'a'.repeat(16), on: false });
  await link({ id: 'b', code: 'b'.repeat(16), until: now - 1 });
  await link({ id: 'c', code: 'c'.repeat(16), to: { member: ben.member.id } });
  await command(me, room('directory/main'), 'member.remove', { member: ben.member.id });
  const bodies = new Set<string>();
  for (const each of ['a', 'b', 'c', 'd']) {
    for (const answer of [
      await send('GET', `/api/contact/${each.repeat(16)}`, {}),
      await send('POST', '/api/guest', {}, { ...wish, code: each.repeat(16) }),
    ]) {
      expect(answer.status).toBe(404);
      bodies.add(await answer.text());
    }
  }
  expect(bodies.size).toBe(1);
});

test('who agrees gets a conversation with a welcome, and the same one whenever they come back', async () => {
  await link();
  expect((await send('POST', '/api/guest', {}, { ...wish, consent: false })).status).toBe(400);
  const first = await begin();
  expect(first.status).toBe(200);
  expect(first.set).toMatch(/^weft-guest=.*HttpOnly.*SameSite=Lax/i);
  expect(JSON.stringify(first.guest)).not.toContain(first.cookie.split('=')[1]);
  const { guest } = first;
  expect(isGuest(guest.member)).toBe(true);
  expect(guest).toMatchObject({ owner: me.member.id, person: { name: owner.name }, name: null });
  const said = workspace.relay.entries(guest.member, guest.chat, 0, 10);
  expect(said.map(({ type, by, data }) => [type, by, (data as { text?: string }).text])).toEqual([
    ['chat.customer', guest.member, undefined],
    ['chat.send', me.member.id, `Hello from ${owner.name} of Example`],
  ]);
  expect(fileOf(guest.member)).toMatchObject({ source: 'web', tags: ['vip'], language: 'en' });
  expect(settings().links['l1']).toMatchObject({ begun: 1, turns: { [me.member.id]: 1 } });

  const again = await begin(first.cookie);
  expect([again.guest.member, again.set]).toEqual([guest.member, '']);
  const other = 'z'.repeat(20);
  await link({ id: 'l2', code: other, name: 'Fair', source: 'fair' });
  expect((await begin(first.cookie, other)).guest.member).toBe(guest.member);
  expect(fileOf(guest.member).came).toMatchObject([{ id: 'l2', source: 'fair' }]);
  expect(settings().links['l2']?.begun).toBe(0);
  await close();
  await open();
  const back = (await (await says(first.cookie, 'GET', '/api/guest')).json()) as GuestAnswer;
  expect(back.member).toBe(guest.member);
});

test.each<[string, object, string[]]>([
  ['by turns', { rule: 'turns' }, ['me', 'ben', 'me', 'ben']],
  ['by load, one of the first having ended', { rule: 'load' }, ['me', 'ben', 'me', 'me']],
])('a team answers %s', async (_title, rule, expected) => {
  const team = [me.member.id, ben.member.id];
  await link({ to: { team, fallback: null, ...rule } });
  const got: string[] = [];
  for (const round of [0, 1, 2, 3]) {
    const { guest } = await begin();
    got.push(guest.owner === me.member.id ? 'me' : 'ben');
    if (round !== 2) continue;
    const mine = room(`customer/${guest.member.slice(6)}`);
    expect(await command(me, mine, 'customer.end', {})).toBe('ok');
  }
  expect(got).toEqual(expected);
});

test('outside of office hours, and where nobody is left, the one who stands in answers', async () => {
  const hours = { from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5], offset: 8 * 60 };
  const to = { team: [me.member.id], rule: 'turns', fallback: ben.member.id };
  // It is 17:00 there.
  await link({ hours, to });
  expect((await begin()).guest.owner).toBe(me.member.id);
  now += 2 * 3_600_000;
  const { guest } = await begin();
  expect(guest.owner).toBe(ben.member.id);
  const texts = workspace.relay
    .entries(null, guest.chat, 0, 9)
    .map(({ data }) => (data as { text?: string }).text);
  expect(texts).toContain('We are asleep');
});

test('the cookie of a guest opens no route of members, and a member is no guest', async () => {
  await link();
  const { cookie, guest } = await begin();
  const token = cookie.split('=')[1]!;
  const document = (await (await send('GET', '/api/openapi.json', {})).json()) as {
    paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>;
  };
  const query = `?room=${encodeURIComponent(guest.chat)}&hash=${'a'.repeat(64)}&ids=x&kind=chat&url=x&group=g&key=k`;
  let asked = 0;
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, { security = [] }] of Object.entries(methods)) {
      if (!security.some((each) => 'cookie' in each)) continue;
      asked++;
      const to = `${path.replace(/\{\w+\}/g, 'x')}${query}`;
      const body = /get|delete/.test(method) ? undefined : {};
      for (const headers of [{ cookie }, bearer(token), { cookie: `weft_session=${token}` }]) {
        const answer = await send(method.toUpperCase(), to, headers as Record<string, string>, body);
        expect([method, path, answer.status]).toEqual([method, path, 401]);
      }
    }
  expect(asked).toBeGreaterThan(25);
  for (const headers of [
    bearer(me.token),
    { cookie: `weft_session=${me.token}` },
    { cookie: `weft-guest=${me.token}` },
  ])
    expect((await send('GET', '/api/guest', headers as Record<string, string>)).status).toBe(401);
  const foreign = await app.request('/api/guest', {
    method: 'DELETE',
    headers: { cookie, host, origin: 'https://evil.example' },
  });
  expect(await codeOf(foreign)).toBe('wrong-origin');
  expect((await app.request('/api/guest', { method: 'DELETE', headers: { cookie, host } })).status).toBe(403);
});

test('files go to their own conversation and nowhere else', async () => {
  await link();
  const { cookie, guest } = await begin();
  const other = await begin();
  const bytes = new TextEncoder().encode('<script>alert(1)</script>');
  const hash = createHash('sha256').update(bytes).digest('hex');
  const of = (to: string) => `room=${encodeURIComponent(to)}&hash=${hash}&as=guest`;
  const put = (to: string) => says(cookie, 'PATCH', `/api/upload?${of(to)}&size=${bytes.length}&at=0`, bytes);
  expect((await put(guest.chat)).status).toBe(200);
  const got = await says(cookie, 'GET', `/api/blob?${of(guest.chat)}`);
  expect(got.status).toBe(200);
  expect(got.headers.get('content-disposition')).toMatch(/^attachment/);
  expect(got.headers.get('content-security-policy')).toContain('sandbox');
  expect((await got.arrayBuffer()).byteLength).toBe(bytes.length);
  const read = await send(
    'GET',
    `/api/blob?room=${encodeURIComponent(guest.chat)}&hash=${hash}`,
    bearer(me.token),
  );
  expect(read.status).toBe(200);
  const places = [
    other.guest.chat,
    room('scratch/s'),
    room('doc/d'),
    room(`customer/${guest.member.slice(6)}`),
    room('directory/main'),
    room('customers/main'),
  ];
  for (const to of places) {
    expect((await put(to)).status, to).toBeGreaterThanOrEqual(403);
    for (const method of ['GET', 'DELETE'])
      expect((await says(cookie, method, `/api/upload?${of(to)}`)).status, to).toBeGreaterThanOrEqual(403);
    for (const path of ['/api/blob', '/api/blob/state'])
      expect((await says(cookie, 'GET', `${path}?${of(to)}`)).status, to).toBeGreaterThanOrEqual(403);
  }
});

test('who introduces themself is called so, without taking the place of what the company wrote', async () => {
  await link();
  const { cookie, guest } = await begin();
  const say = async (said: object) =>
    (await (await says(cookie, 'POST', '/api/guest/introduce', said)).json()) as GuestAnswer;
  expect(await say({ name: ' Mia ', phone: '123' })).toMatchObject({ name: 'Mia', phone: '123' });
  const file = room(`customer/${guest.member.slice(6)}`);
  const set = (field: string, value: string) =>
    command(me, file, 'customer.set', { field, value, seen: fileOf(guest.member).said[field]!.seq });
  expect(await set('phone', '999')).toBe('ok');
  expect((await say({ phone: '456' })).phone).toBeNull();
  expect(fileOf(guest.member)).toMatchObject({
    phone: '999',
    conflicts: { phone: [{ value: '999' }, { value: '456' }] },
  });
  for (const bad of [{ name: 'x'.repeat(61) }, { name: 7 }, { phone: 'x'.repeat(41) }])
    expect((await says(cookie, 'POST', '/api/guest/introduce', bad)).status).toBe(400);
  expect((await says(cookie, 'POST', '/api/guest/complain', { text: 'Rude' })).status).toBe(204);
  expect(fileOf(guest.member).complaints).toBe(1);
  const door = workspace.relay.entries(me.member.id as MemberId, room('directory/main:admin'), 0, 99).at(-1);
  expect(door).toMatchObject({ type: 'customer.complained', data: { text: 'Rude', owner: me.member.id } });
  let last = 200;
  for (let i = 0; i < 60 && last === 200; i++)
    last = (await says(cookie, 'POST', '/api/guest/introduce', { name: `M${i}` })).status;
  expect(last).toBe(429);
});

test('an ended conversation is over for the guest at once, and stays so on a browser that was out when it ended', async () => {
  await link();
  const { cookie, guest } = await begin();
  const file = room(`customer/${guest.member.slice(6)}`);
  expect(await command(me, file, 'customer.end', {})).toBe('ok');
  expect(await codeOf(await says(cookie, 'GET', '/api/guest'))).toBe('customer-ended');
  expect((await begin(cookie)).guest.error?.code).toBe('customer-ended');
  expect(await command(me, file, 'customer.reopen', {})).toBe('ok');
  expect(await codeOf(await says(cookie, 'GET', '/api/guest'))).toBe('session-ended');
  const back = await begin(cookie);
  expect(back.guest.member).toBe(guest.member);
  expect((await says(back.cookie, 'GET', '/api/guest')).status).toBe(200);
  expect((await says(cookie, 'GET', '/api/guest')).status).toBe(401);

  expect((await says(back.cookie, 'DELETE', '/api/guest')).status).toBe(204);
  expect(fileOf(guest.member).ended?.by).toBe(guest.member);
  expect((await says(back.cookie, 'GET', '/api/guest')).status).toBe(409);
  expect(await command(me, file, 'customer.reopen', {})).toBe('forbidden');
  expect((await begin(back.cookie)).guest.member).not.toBe(guest.member);
});

test('[G-6] only so many customers begin in a day, and each sends only so much', async () => {
  await close();
  await open({ networkGuests: 3, guestCommands: 10 });
  await link();
  const all = [await begin(), await begin(), await begin(), await begin()];
  expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  const { guest } = all[0]!;
  const caller = { member: guest.member, session: 's', device: 'd' as never };
  const sent: string[] = [];
  for (let i = 1; i <= 12; i++) {
    const one = { id: `g${i}` as never, n: i, room: guest.chat, type: 'chat.send', data: { text: 'x' } };
    const result = await workspace.relay.command(caller, one);
    sent.push(result.ok ? 'ok' : result.code);
  }
  expect(sent).toEqual([...Array<string>(10).fill('ok'), 'too-many-requests', 'too-many-requests']);

  // A relay that is started again has not forgotten, a day later nothing is left of it.
  await close();
  await open({ networkGuests: 3, guestCommands: 10 });
  const again = async (n: number): Promise<string> => {
    const one = { id: `h${n}` as never, n, room: guest.chat, type: 'chat.send', data: { text: 'x' } };
    const result = await workspace.relay.command(caller, one);
    return result.ok ? 'ok' : result.code;
  };
  expect((await begin()).status).toBe(429);
  expect(await again(20)).toBe('too-many-requests');
  now += 86_400_000;
  expect((await begin()).status).toBe(200);
  expect(await again(21)).toBe('ok');
});

test('the company’s logo is a small picture that administrators choose, and is served as nothing else', async () => {
  await link();
  const face = (logo: unknown, who = me) => command(who, room('customers/main'), 'customers.face', { logo });
  const told = async (): Promise<string | null> =>
    ((await (await send('GET', `/api/contact/${code}`, {})).json()) as { logo: string | null }).logo;
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 1, 2]);
  expect(await told()).toBeNull();
  expect(await face(png.toString('base64'), ben)).toBe('forbidden');
  for (const bad of [
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>').toString('base64'),
    Buffer.from('<html>').toString('base64'),
    `${png.toString('base64')}"><script>`,
    png.toString('base64').padEnd(48_004, 'A'),
    7,
  ])
    expect(await face(bad)).toBe('bad-request');
  expect(await face(png.toString('base64'))).toBe('ok');
  const address = (await told())!;
  const picture = await send('GET', address, {});
  expect(Buffer.from(await picture.arrayBuffer())).toEqual(png);
  expect(Object.fromEntries(picture.headers)).toMatchObject({
    'content-type': 'image/png',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  });
  const { cookie } = await begin();
  expect(await (await says(cookie, 'GET', '/api/guest')).json()).toMatchObject({ logo: address });
  expect(await face(null)).toBe('ok');
  expect((await send('GET', address, {})).status).toBe(404);
});

test('a customer begins whole or not at all', async () => {
  await link();
  const rooms = () =>
    workspace.relay.rooms(`${me.workspace.id}/`).map(({ room: name, rows }) => `${name} ${rows}`);
  const before = rooms();
  const insert = workspace.authStore.insertGuestSession;
  Object.assign(workspace.authStore, {
    insertGuestSession() {
      throw new Error('the disk is full');
    },
  });
  expect((await begin()).status).toBe(500);
  Object.assign(workspace.authStore, { insertGuestSession: insert });
  expect(rooms()).toEqual(before);
  expect((await begin()).status).toBe(200);
});

test('the link of one customer lets in whoever opens it first, once, and not when it was withdrawn', async () => {
  const file = room('customer/w1');
  const secret = 'Zyxwvutsrqponmlk';
  const address = `w1-${secret}`;
  const consent = { language: 'en', consent: true };
  const opened = async (path: string, cookie = ''): Promise<Response> =>
    send('POST', '/api/guest', cookie === '' ? {} : { cookie }, { code: path, ...consent });
  await command(ben, file, 'customer.create', { values: { name: 'Mia', phone: '1' }, tags: [] });
  expect((await send('GET', `/api/contact/${address}`, {})).status).toBe(404);
  const invite = { code: secret, welcome: 'Hello from {person}' };
  expect(await command(me, file, 'customer.invite', invite)).toBe('forbidden');
  expect(await command(ben, file, 'customer.invite', invite)).toBe('ok');
  // Another one would let in two people.
  expect(await command(ben, file, 'customer.invite', { ...invite, code: 'A'.repeat(20) })).toBe(
    'already-exists',
  );
  const card = (await (await send('GET', `/api/contact/${address}`, {})).json()) as Record<string, unknown>;
  expect(card).toMatchObject({ person: { name: 'ben' }, link: { welcome: 'Hello from ben' } });
  expect(JSON.stringify(card)).not.toContain('Mia');
  for (const guess of [`w1-${'B'.repeat(16)}`, `w2-${secret}`, secret])
    expect((await opened(guess)).status).toBe(404);

  const [first, second] = await Promise.all([opened(address), opened(address)]);
  expect([first.status, second.status].sort()).toEqual([200, 404]);
  const mine = first.status === 200 ? first : second;
  const said = (await mine.json()) as { member: string; chat: string; phone: string | null };
  expect(said).toMatchObject({ member: 'guest-w1', phone: null });
  expect(fileOf('guest-w1')).toMatchObject({ guest: 'guest-w1', owner: ben.member.id });
  expect(workspace.relay.state(room('chat/customer-w1'))).toMatchObject({ last: { text: 'Hello from ben' } });
  expect((await opened(address)).status).toBe(404);
  // Whoever is this customer already goes on.
  expect((await opened(address, cookieOf(mine))).status).toBe(200);

  await command(ben, room('customer/w2'), 'customer.create', { values: { name: 'Zoe' }, tags: [] });
  await command(ben, room('customer/w2'), 'customer.invite', invite);
  expect(await command(ben, room('customer/w2'), 'customer.uninvite', { code: secret })).toBe('ok');
  expect((await opened(`w2-${secret}`)).status).toBe(404);
  await command(ben, room('customer/w2'), 'customer.invite', invite);
  await command(ben, room('customer/w2'), 'customer.end', {});
  expect((await opened(`w2-${secret}`)).status).toBe(404);
});

test('a guest says that they want no messages to many, which nobody of the company can undo', async () => {
  await link();
  const { cookie, guest } = await begin();
  expect(guest).toMatchObject({ quiet: false });
  const said = await says(cookie, 'POST', '/api/guest/quiet', { on: true });
  expect(await said.json()).toMatchObject({ quiet: true });
  expect(fileOf(guest.member).quiet).toMatchObject({ by: guest.member });
  const file = room(`customer/${guest.member.slice('guest-'.length)}`);
  expect(await command(me, file, 'customer.quiet', { on: false })).toBe('forbidden');
  expect(await codeOf(await says(cookie, 'POST', '/api/guest/quiet', { on: 'yes' }))).toBe('bad-request');
  await says(cookie, 'POST', '/api/guest/quiet', { on: false });
  expect(fileOf(guest.member).quiet).toBeNull();
  expect(await command(me, file, 'customer.quiet', { on: true })).toBe('ok');
  expect(await (await says(cookie, 'GET', '/api/guest')).json()).toMatchObject({ quiet: false });
});
