import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { mostOfMember, type Push } from '../../../server/push/contract.ts';
import { createPush, waits } from '../../../server/push/push.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { noCards } from '../../support/no-cards.ts';
import {
  countedOutside,
  startPushService,
  type CountedOutside,
  type PushBrowser,
  type PushService,
} from '../../support/push-service.ts';
import { until } from '../../support/relay-process.ts';
import { bearer, owner, type SignedIn } from '../http/test-app.ts';

let folder: string;
let workspace: Workspace;
let push: Push;
let service: PushService;
let outside: CountedOutside;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let ben: SignedIn;
let pia: SignedIn;
let browser: PushBrowser;
let now: number;
let timers: { at: number; run: () => void }[];
let connected: Set<MemberId>;

const clock = { now: () => now };
const send = async (method: string, path: string, who: SignedIn | null, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const signIn = async (person: { email: string; password: string }): Promise<SignedIn> =>
  (await (await send('POST', '/api/sign-in', null, person)).json()) as SignedIn;
const login = (name: string) => ({ email: `${name}@example.com`, password: `${name} has a secret` });
async function newPerson(name: string): Promise<SignedIn> {
  const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
  const { code } = (await (await send('POST', '/api/invitations', me, wish)).json()) as { code: string };
  const answer = await send('POST', `/api/join/${code}`, null, { name, ...login(name) });
  return (await answer.json()) as SignedIn;
}

/** The relay's process begins anew on the same folder. */
async function start(): Promise<void> {
  timers = [];
  workspace = await openWorkspace({ folder, durability: 'process', clock });
  push = createPush({
    store: workspace.pushStore,
    relay: { ...workspace.relay, isConnected: (member) => connected.has(member) },
    ...workspace.auth,
    outside,
    clock,
    log: { warn: () => {} },
    contact: 'mailto:it@example.com',
    bounds: { pushes: 20 },
    later: (milliseconds, run) => void timers.push({ at: now + milliseconds, run }),
  });
  const quiet = (): void => {};
  app = createApp({
    ...workspace,
    push,
    cards: noCards,
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
    metrics: createRequestMetrics(new Registry()),
    bounds: defaultBounds,
    boundMetrics: noBoundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
}
async function stop(): Promise<void> {
  push.stop();
  await workspace.relay.stop();
  workspace.close();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-push-'));
  now = Date.UTC(2026, 10, 23, 4); // noon of a Monday in Shanghai
  connected = new Set();
  service = await startPushService();
  outside = countedOutside(service.host);
  await start();
  const token = workspace.auth.setup.link();
  const setUp = await send('POST', '/api/setup', null, { token, workspace: 'Example', ...owner });
  me = (await setUp.json()) as SignedIn;
  [ben, pia] = [await newPerson('ben'), await newPerson('pia')];
  await command(me, 'chat.create', { type: 'group', title: 'Team', members: [ben.member.id, pia.member.id] });
  browser = service.newBrowser();
  await subscribe(ben, browser);
});
afterEach(async () => {
  await stop();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Lets so much time pass, timer by timer; what went out to the push service has come back when it resolves. */
async function pass(milliseconds: number): Promise<void> {
  const end = now + milliseconds;
  for (;;) {
    // Requests over the network of this machine are not timed: a few turns settle them.
    await settle();
    const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    timers.splice(timers.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.run();
  }
  now = end;
}
async function settle(): Promise<void> {
  await new Promise((done) => setImmediate(done));
  await until('the push service has answered', () => outside.asking() === 0);
  await new Promise((done) => setImmediate(done));
}

const subscribe = (who: SignedIn, to: PushBrowser, language = 'en'): Promise<Response> =>
  send('PUT', '/api/push', who, { ...to, language });
const room = (id = 'team', part = ''): RoomId => `${me.workspace.id}/chat/${id}${part}` as RoomId;
const own = (who: SignedIn, part = ''): RoomId =>
  `${me.workspace.id}/personal/${who.member.id}${part}` as RoomId;
let n = 0;
async function command(who: SignedIn, type: string, data: unknown, to = room()) {
  const commands = [{ id: `c${++n}`, n, room: to, type, data }];
  const answer = await send('POST', '/api/commands', who, { commands });
  const [result] = ((await answer.json()) as { results: { ok: boolean; seq: number; code?: string }[] })
    .results;
  if (!result?.ok) throw new Error(result?.code);
  return { seq: result.seq, id: `c${n}` };
}
const say = (who: SignedIn, text: string, more: object = {}) => command(who, 'chat.send', { text, ...more });
const texts = (): (string | null)[] => service.pushed.map(({ notice }) => notice.text);

describe('somebody without an open page', () => {
  test('is told who said what where, encrypted for their browser and signed by the relay', async () => {
    const { id, seq } = await say(me, '  The **plan**\n> is `ready`  ');
    await pass(waits.away + 500);
    const [first, ...more] = service.pushed;
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      path: new URL(browser.endpoint).pathname,
      headers: { ttl: '86398', 'content-encoding': 'aes128gcm', urgency: 'normal' },
      claims: { aud: `http://${service.host}`, sub: 'mailto:it@example.com' },
      notice: {
        member: ben.member.id,
        chat: 'team',
        id,
        seq,
        by: owner.name,
        group: 'Team',
        text: 'The plan is ready',
        count: 1,
        language: 'en',
        read: [],
      },
    });
  });

  test('is told once of several messages, of the newest, and not of what they read meanwhile', async () => {
    for (const text of ['one', 'two', 'three']) await say(me, text);
    await pass(5_000);
    expect(service.pushed.map(({ notice: { text, count } }) => [text, count])).toEqual([['three', 3]]);
    const { seq } = await say(me, 'four');
    await command(ben, 'chat.read', { upTo: seq }, room('team', ':reads'));
    await pass(60_000);
    expect(texts()).toEqual(['three']);
  });

  test('gets with the next notice what was read elsewhere since, so that it goes from the screen', async () => {
    const { seq } = await say(me, 'here');
    await pass(5_000);
    await command(ben, 'chat.read', { upTo: seq }, room('team', ':reads'));
    await command(me, 'chat.create', { type: 'group', title: 'Two', members: [ben.member.id] }, room('two'));
    await command(me, 'chat.send', { text: 'there' }, room('two'));
    await pass(5_000);
    expect(service.pushed.map(({ notice }) => notice.read)).toEqual([[], [['team', seq]]]);
  });

  test('has time to read it where a device of theirs is connected', async () => {
    connected.add(ben.member.id as MemberId);
    const { seq } = await say(me, 'one');
    await pass(waits.connected - 500);
    expect(texts()).toEqual([]);
    await command(ben, 'chat.read', { upTo: seq }, room('team', ':reads'));
    await say(me, 'two');
    await pass(waits.connected + 500);
    expect(texts()).toEqual(['two']);
  });

  test('is not told of what was recalled, of what they said, and of what is not said to people', async () => {
    await command(me, 'chat.recall', { target: await say(me, 'a mistake') });
    await say(ben, 'my own');
    await command(me, 'chat.rename', { title: 'Other' });
    await command(me, 'chat.react', { target: await say(ben, 'x'), emoji: ['👍'] });
    await pass(60_000);
    expect(texts()).toEqual([]);
  });

  test('is told of what it is where it has no words', async () => {
    const files = [{ hash: 'a'.repeat(64), name: 'plan.pdf', size: 1, type: 'application/pdf' }];
    await say(me, '', { files });
    await command(me, 'chat.announce', { text: 'Read this' });
    await pass(5_000);
    expect(service.pushed.map(({ notice: { is, text } }) => [is, text])).toEqual([
      ['announcement', 'Read this'],
    ]);
    await say(me, '', { files });
    await pass(5_000);
    expect(service.pushed.at(-1)?.notice).toMatchObject({ is: 'files', text: '' });
  });

  test('has the first words of a long message and no more', async () => {
    await say(me, '长'.repeat(5_000));
    await pass(5_000);
    expect(texts()).toEqual([`${'长'.repeat(140)}…`]);
  });
});

describe('what somebody wants', () => {
  const set = (data: object) => command(ben, 'notices.set', data, own(ben, ':notices'));
  const here = (tell: string) => command(ben, 'list.chat', { chat: 'team', tell }, own(ben));
  const quiet = { from: 11 * 60, to: 13 * 60, days: [1], zone: 'Asia/Shanghai' };
  const named = () => ({ mentions: [ben.member.id] });

  test.each<[string, () => Promise<unknown>, (string | null)[]]>([
    ['nothing', () => set({ level: 'none' }), ['urgent']],
    ['what calls them', () => set({ level: 'mentions' }), ['urgent', '@ben']],
    ['nothing of this conversation', () => here('none'), ['urgent']],
    [
      'all of this conversation alone',
      () => set({ level: 'none' }).then(() => here('all')),
      ['urgent', '@ben'],
    ],
    ['nothing in these hours', () => set({ quiet }), ['urgent']],
    ['no words on the screen', () => set({ words: false }), [null, null]],
  ])('is kept to: %s', async (_, wish, expected) => {
    await wish();
    const target = await say(me, 'urgent');
    await command(me, 'chat.urge', { target, members: [ben.member.id] });
    await say(me, '@ben', named());
    await pass(5_000);
    expect(texts().sort()).toEqual([...expected].sort());
  });

  test('counts as it is when they would be told', async () => {
    connected.add(ben.member.id as MemberId);
    await say(me, 'one');
    await set({ level: 'none' });
    await pass(60_000);
    expect(texts()).toEqual([]);
  });

  test('is not known to the relay for longer than they want it', async () => {
    await here('none');
    await say(me, 'one');
    await pass(5_000);
    await command(ben, 'list.chat', { chat: 'team', tell: null }, own(ben));
    await say(me, 'two');
    await pass(5_000);
    expect(texts()).toEqual(['two']);
  });
});

describe('what is urgent', () => {
  test('is told whom it names, marked, until they confirm it', async () => {
    await subscribe(pia, service.newBrowser());
    const target = await say(me, 'Call back');
    await pass(5_000);
    service.pushed.length = 0;
    await command(me, 'chat.urge', { target, members: [ben.member.id] });
    await pass(5_000);
    expect(service.pushed.map(({ notice: { member, urgent, id } }) => [member, urgent, id])).toEqual([
      [ben.member.id, true, target.id],
    ]);
    expect(service.pushed[0]?.headers['urgency']).toBe('high');
    await command(me, 'chat.urge', { target, members: [ben.member.id, pia.member.id] });
    await command(ben, 'chat.confirmUrgent', { target });
    await pass(5_000);
    expect(service.pushed.slice(1).map(({ notice }) => notice.member)).toEqual([pia.member.id]);
  });

  test('is not told by somebody whose message it is not', async () => {
    const target = await say(me, 'mine');
    await expect(command(pia, 'chat.urge', { target, members: [ben.member.id] })).rejects.toThrow(
      'forbidden',
    );
    await pass(5_000);
    expect(service.pushed.map(({ notice }) => notice.urgent)).toEqual([undefined]);
  });
});

describe('nobody is told of what they may not read', () => {
  test('having been taken out before it went', async () => {
    connected.add(ben.member.id as MemberId);
    await say(me, 'secret');
    await command(me, 'chat.removeMember', { member: ben.member.id });
    await say(me, 'secret too');
    await pass(60_000);
    expect(texts()).toEqual([]);
  });

  test('never having been in it', async () => {
    await command(me, 'chat.create', { type: 'group', title: 'Us', members: [pia.member.id] }, room('us'));
    await command(me, 'chat.send', { text: `@ben`, mentions: [ben.member.id] }, room('us'));
    await pass(60_000);
    expect(texts()).toEqual([]);
  });

  test('having come after it was said, into a group whose past is closed', async () => {
    await command(me, 'chat.create', { type: 'group', title: 'Us', members: [pia.member.id] }, room('us'));
    await command(me, 'chat.set', { newcomersRead: 'fromThen' }, room('us'));
    await command(me, 'chat.send', { text: 'before' }, room('us'));
    await command(me, 'chat.addMembers', { members: [ben.member.id] }, room('us'));
    await pass(60_000);
    expect(texts()).toEqual([]);
  });

  test('having left the company, or ended the session', async () => {
    const directory = `${me.workspace.id}/directory/main` as RoomId;
    await subscribe(pia, service.newBrowser());
    connected.add(ben.member.id as MemberId);
    connected.add(pia.member.id as MemberId);
    await say(me, 'secret');
    await send('POST', '/api/sign-out', ben);
    await command(me, 'member.remove', { member: pia.member.id }, directory);
    await pass(60_000);
    expect(texts()).toEqual([]);
    expect(workspace.pushStore.of(ben.member.id as MemberId)).toEqual([]);
  });
});

describe('a subscription', () => {
  const bad = (endpoint: string, keys: object = {}) =>
    send('PUT', '/api/push', pia, {
      endpoint,
      keys: { ...service.newBrowser().keys, ...keys },
      language: 'en',
    }).then((answer) => answer.status);

  test('is only for members', async () => {
    expect((await send('GET', '/api/push', null)).status).toBe(401);
    expect((await send('PUT', '/api/push', null, { ...browser, language: 'en' })).status).toBe(401);
    expect((await send('DELETE', '/api/push', null)).status).toBe(401);
    expect(await (await send('GET', '/api/push', ben)).json()).toEqual({ key: push.publicKey });
  });

  test('is at no address that the relay must not ask', async () => {
    for (const endpoint of [
      'http://push.example/x',
      'https://127.0.0.1/x',
      'https://[::1]/x',
      'https://10.0.0.1/x',
      'https://169.254.169.254/latest/meta-data',
      'https://push.example:22/x',
      'https://user:secret@push.example/x',
      'file:///etc/passwd',
      'x',
      `https://push.example/${'x'.repeat(2_000)}`,
    ])
      expect([endpoint, await bad(endpoint)]).toEqual([endpoint, 400]);
    expect(workspace.pushStore.of(pia.member.id as MemberId)).toEqual([]);
  });

  test('has keys with which something can be encrypted', async () => {
    for (const keys of [
      { p256dh: 'AAAA' },
      { p256dh: Buffer.alloc(65, 4).toString('base64url') },
      { auth: 'AAAA' },
      { auth: '' },
      { p256dh: 'ä' },
    ])
      expect([keys, await bad('https://push.example/x', keys)]).toEqual([keys, 400]);
  });

  test('whose name turns out to be a private address is given up', async () => {
    await bad('https://localhost/x');
    await say(me, 'one');
    await pass(5_000);
    expect(workspace.pushStore.of(pia.member.id as MemberId)).toEqual([]);
    expect(texts()).toEqual(['one']);
  });

  test('of somebody else is not taken over by knowing its address', async () => {
    await subscribe(pia, { endpoint: browser.endpoint, keys: service.newBrowser().keys });
    expect(workspace.pushStore.of(ben.member.id as MemberId)).toHaveLength(1);
    // The browser itself knows its secret: what it brings under another account ends the first.
    await subscribe(pia, browser);
    expect(workspace.pushStore.of(ben.member.id as MemberId)).toEqual([]);
    await say(me, 'one');
    await pass(5_000);
    expect(service.pushed.map(({ notice }) => notice.member)).toEqual([pia.member.id]);
  });

  test('is one for each session, and as many as a person has browsers', async () => {
    const next = service.newBrowser();
    await subscribe(ben, next);
    expect(workspace.pushStore.of(ben.member.id as MemberId).map(({ endpoint }) => endpoint)).toEqual([
      next.endpoint,
    ]);
    for (let i = 0; i < 3; i++) await subscribe(await signIn(login('ben')), service.newBrowser(), 'zh');
    await say(me, 'one');
    await pass(5_000);
    expect(service.pushed.map(({ notice }) => notice.language).sort()).toEqual(['en', 'zh', 'zh', 'zh']);
    for (let i = 0; i < mostOfMember; i++) {
      now += 1;
      await subscribe(await signIn(login('ben')), service.newBrowser());
    }
    expect(workspace.pushStore.of(ben.member.id as MemberId)).toHaveLength(mostOfMember);
  });

  test('ends with its session, when it is wanted no more, and when the push service says so', async () => {
    await send('DELETE', '/api/push', ben);
    await say(me, 'one');
    await pass(60_000);
    expect(texts()).toEqual([]);
    for (const status of [404, 410, 403]) {
      await subscribe(ben, browser);
      service.answers.push([status]);
      await say(me, 'two');
      await pass(60_000);
      expect(workspace.pushStore.of(ben.member.id as MemberId), String(status)).toEqual([]);
    }
    await subscribe(ben, browser);
    await send('POST', '/api/sign-out-everywhere', ben);
    expect(workspace.pushStore.of(ben.member.id as MemberId)).toEqual([]);
  });

  test('and the key of the relay outlive a restart', async () => {
    const key = push.publicKey;
    await stop();
    await start();
    expect(push.publicKey).toBe(key);
    await say(me, 'one');
    await pass(5_000);
    expect(texts()).toEqual(['one']);
  });
});

describe('a push service that does not take it', () => {
  const minute = 60_000;

  test('is asked again, ever more rarely, as long as it is news', async () => {
    service.answers.push([500], [503], [429, { 'retry-after': '600' }]);
    await say(me, 'one');
    await pass(minute);
    expect(service.pushed).toHaveLength(2);
    await pass(2 * minute);
    expect(service.pushed).toHaveLength(3);
    await pass(8 * minute);
    expect(service.pushed).toHaveLength(3);
    await pass(4 * minute);
    expect(service.pushed).toHaveLength(4);
    await pass(60 * minute);
    expect(service.pushed).toHaveLength(4);
  });

  test('is not asked again for what was read, and for nothing older than a day', async () => {
    service.answers.push([500]);
    const { seq } = await say(me, 'one');
    await pass(5_000);
    await command(ben, 'chat.read', { upTo: seq }, room('team', ':reads'));
    await pass(10 * minute);
    expect(service.pushed).toHaveLength(1);
    service.answers.push(...Array.from({ length: 200 }, (): [number] => [500]));
    await say(me, 'two');
    await pass(48 * 60 * minute);
    const tried = service.pushed.length;
    expect(tried).toBeGreaterThan(20);
    service.answers.length = 0;
    await pass(24 * 60 * minute);
    expect(service.pushed).toHaveLength(tried);
  });

  test('and people who do not look leave no more waiting than the bound', async () => {
    connected.add(ben.member.id as MemberId);
    for (let i = 0; i < 30; i++) {
      const id = `g${i}`;
      await command(me, 'chat.create', { type: 'group', title: id, members: [ben.member.id] }, room(id));
      await command(me, 'chat.send', { text: id }, room(id));
      await pass(50);
    }
    await pass(minute);
    expect(texts()).toEqual(Array.from({ length: 20 }, (_, i) => `g${10 + i}`));
  });
});
