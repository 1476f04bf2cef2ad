import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import type { Push } from '../../../server/push/contract.ts';
import { createPush } from '../../../server/push/push.ts';
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
import { bearer, cookieOf, owner, ownPage, type SignedIn } from '../http/test-app.ts';

let folder: string;
let workspace: Workspace;
let push: Push;
let service: PushService;
let outside: CountedOutside;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let now: number;
let timers: { at: number; run: () => void }[];
let guest: { readonly member: MemberId; readonly chat: RoomId };
let cookie: string;
let browser: PushBrowser;

const send = async (
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...ownPage, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const code = 'Abcdefghijklmnop';
let n = 0;
async function command(to: string, type: string, data: unknown): Promise<void> {
  const commands = [{ id: `c${++n}`, n, room: to, type, data }];
  const answer = await send('POST', '/api/commands', bearer(me.token), { commands });
  const { results } = (await answer.json()) as { results: { ok: boolean }[] };
  expect(results).toMatchObject([{ ok: true }]);
}
const say = (text: string): Promise<void> => command(guest.chat, 'chat.send', { text });
async function begin(): Promise<{ cookie: string; guest: typeof guest }> {
  const answer = await send('POST', '/api/guest', {}, { code, language: 'zh', consent: true });
  return { cookie: cookieOf(answer), guest: (await answer.json()) as typeof guest };
}
const subscribe = (to: PushBrowser, by = cookie): Promise<Response> =>
  send('PUT', '/api/guest/push', { cookie: by }, { ...to, language: 'zh' });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-push-guests-'));
  now = Date.UTC(2026, 10, 23, 4);
  timers = [];
  const clock = { now: () => now };
  service = await startPushService();
  outside = countedOutside(service.host);
  workspace = await openWorkspace({ folder, durability: 'process', clock });
  const { auth } = workspace;
  push = createPush({
    store: workspace.pushStore,
    relay: { ...workspace.relay, isConnected: () => false },
    sessions: auth.sessions,
    guests: auth.guests,
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
  const token = auth.setup.link();
  const setUp = await send('POST', '/api/setup', {}, { token, workspace: 'Example', ...owner });
  me = (await setUp.json()) as SignedIn;
  await command(`${me.workspace.id}/customers/main`, 'customers.link', {
    ...{ id: 'l', code, name: 'Shop', on: true, until: null, to: { member: me.member.id }, source: '' },
    ...{ tags: [], welcome: '', hours: null, away: '' },
  });
  ({ cookie, guest } = await begin());
  browser = service.newBrowser();
});
afterEach(async () => {
  push.stop();
  await workspace.relay.stop();
  workspace.close();
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function settle(): Promise<void> {
  await new Promise((done) => setImmediate(done));
  await until('the push service has answered', () => outside.asking() === 0);
  await new Promise((done) => setImmediate(done));
}
/** A minute later, timer by timer. */
async function later(): Promise<void> {
  const end = now + 60_000;
  for (;;) {
    await settle();
    const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    timers.splice(timers.indexOf(next), 1);
    now = Math.max(now, next.at);
    next.run();
  }
  now = end;
}
const told = () => service.pushed.map(({ notice: { by, group, text } }) => ({ by, group, text }));

test('a guest who wants it is told that somebody of the company has answered, and not what', async () => {
  await say('before');
  await later();
  expect(told()).toEqual([]);
  expect(await (await send('GET', '/api/guest/push', { cookie })).json()).toEqual({ key: push.publicKey });
  expect((await subscribe(browser)).status).toBe(204);
  await say('a secret');
  await later();
  expect(told()).toEqual([{ by: owner.name, group: 'Example', text: null }]);
  expect(service.pushed[0]!.notice).toMatchObject({ member: guest.member, language: 'zh', count: 1 });

  // Their own words are no news, and what they have read is none.
  await workspace.relay.command(
    { member: guest.member, session: 's', device: 'd' as never },
    { id: 'g1' as never, n: 1, room: guest.chat, type: 'chat.send', data: { text: 'mine' } },
  );
  await later();
  expect(told()).toHaveLength(1);
  await command(`${me.workspace.id}/customers/main`, 'customers.face', { noticeWords: true });
  await say('in words');
  await later();
  expect(told().at(-1)).toEqual({ by: owner.name, group: 'Example', text: 'in words' });
});

test('nobody is told any more who does not want it, or whose conversation is over, also when it goes on later', async () => {
  await subscribe(browser);
  expect((await send('DELETE', '/api/guest/push', { cookie })).status).toBe(204);
  await say('one');
  await later();
  await subscribe(browser);
  const file = guest.chat.replace('/chat/customer-', '/customer/');
  await command(file, 'customer.end', {});
  await command(file, 'customer.reopen', {});
  await say('two');
  await later();
  expect(told()).toEqual([]);
  expect(workspace.pushStore.members()).toEqual([]);
});

test('one guest’s browser hears nothing of another’s conversation, and members’ cookies and guests’ are apart', async () => {
  const other = await begin();
  const elsewhere = service.newBrowser();
  await subscribe(elsewhere, other.cookie);
  await say('for the first');
  await later();
  expect(told()).toEqual([]);
  for (const [path, headers] of [
    ['/api/push', { cookie }],
    ['/api/guest/push', bearer(me.token)],
    ['/api/guest/push', {}],
  ] as const)
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await send(method, path, { ...headers }, method === 'PUT' ? browser : undefined)).status).toBe(
        401,
      );
});

test('in a group a guest is told under whose own name somebody spoke, and of being asked into it', async () => {
  const group = `${me.workspace.id}/chat/g`;
  await subscribe(browser);
  const made = { type: 'group', title: 'Tea', members: [me.member.id], outside: true };
  await command(group, 'chat.create', made);
  await command(group, 'chat.invite', { guests: [guest.member] });
  await later();
  expect(told()).toEqual([{ by: owner.name, group: 'Example', text: null }]);
  const consent = (who: typeof guest, name: string) =>
    workspace.relay.command(
      { member: who.member, session: 's', device: `d-${who.member}` as never },
      {
        ...{ id: `yes-${name}` as never, n: 1, room: who.chat, type: 'chat.consent' },
        data: { group: 'g', accept: true, name },
      },
    );
  await consent(guest, 'Mia');
  const { guest: other } = await begin();
  const file = other.chat.replace('/chat/customer-', '/customer/');
  await command(file, 'customer.set', { field: 'name', value: 'Difficult', seen: -1 });
  await command(group, 'chat.invite', { guests: [other.member] });
  await consent(other, 'Tom');
  await workspace.relay.command(
    { member: other.member, session: 's', device: `d-${other.member}` as never },
    { id: 'hi' as never, n: 2, room: group as RoomId, type: 'chat.send', data: { text: 'hello' } },
  );
  await later();
  expect(told().at(-1)).toEqual({ by: 'Tom', group: 'Tea · Example', text: null });
});
