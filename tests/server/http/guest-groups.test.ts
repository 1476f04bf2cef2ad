import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import { noCards } from '../../support/no-cards.ts';
import { bearer, cookieOf, owner, ownPage, type SignedIn } from './test-app.ts';

interface Group {
  readonly room: RoomId;
  readonly is: string;
  readonly title: string;
  readonly writes: boolean;
  readonly by: { readonly name: string };
  readonly staff: readonly { readonly name: string }[];
  readonly customers: number;
  readonly guests: readonly { readonly name: string }[];
}
interface Answer {
  readonly member: MemberId;
  readonly chat: RoomId;
  readonly owner: string;
  readonly groups: readonly Group[];
}

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let me: SignedIn;
let now = Date.UTC(2026, 0, 5, 9);

const send = async (method: string, path: string, headers: object, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...ownPage, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-groups-'));
  const clock = { now: () => (now += 1_000) };
  workspace = await openWorkspace({ folder, durability: 'process', clock, bounds: defaultBounds });
  const quiet = (): void => {};
  app = createApp({
    ...workspace,
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
    cards: noCards,
    metrics: createRequestMetrics(new Registry()),
    bounds: defaultBounds,
    boundMetrics: noBoundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
  const token = workspace.auth.setup.link();
  const setUp = await send('POST', '/api/setup', {}, { token, workspace: 'Example', ...owner });
  me = (await setUp.json()) as SignedIn;
  const link = {
    ...{
      id: 'l',
      code,
      name: 'Shop',
      on: true,
      until: null,
      to: { member: me.member.id },
      source: '',
      tags: [],
    },
    ...{ welcome: 'Hello', hours: null, away: '' },
  };
  expect(await command('customers/main', 'customers.link', link)).toBe('ok');
  const group = { type: 'group', title: 'Tea club', members: [me.member.id], outside: true };
  expect(await command('chat/g', 'chat.create', group)).toBe('ok');
});
afterEach(async () => {
  await workspace.relay.stop();
  workspace.close();
  rmSync(folder, { recursive: true, force: true });
});

const code = 'Abcdefghijklmnop';
const secret = 'k'.repeat(20);
let n = 0;
async function command(to: string, type: string, data: unknown): Promise<string> {
  const commands = [{ id: `c${++n}`, n, room: `${me.workspace.id}/${to}`, type, data }];
  const answer = await send('POST', '/api/commands', bearer(me.token), { commands });
  const { results } = (await answer.json()) as { results: { ok: boolean; code?: string }[] };
  return results[0]!.ok ? 'ok' : results[0]!.code!;
}
const group = (): ChatState => workspace.relay.state(`${me.workspace.id}/chat/g` as RoomId) as ChatState;
const door = (change: object = {}): Promise<string> =>
  command('chat/g', 'chat.door', { code: secret, on: true, until: null, ...change });

async function come(by: string, name = '', cookie = '') {
  const wish = { code: by, language: 'en', consent: true, ...(name && { name }) };
  const answer = await send('POST', '/api/guest', cookie ? { cookie } : {}, wish);
  const said = (await answer.json()) as Answer & { error?: { code: string } };
  return { status: answer.status, cookie: cookieOf(answer) || cookie, ...said };
}
const look = async (cookie: string): Promise<Answer> =>
  (await (await send('GET', '/api/guest', { cookie })).json()) as Answer;

test('the link of a group lets somebody new in as a customer of whoever made it, and one who is known as themself', async () => {
  await door();
  const card = await (await send('GET', `/api/contact/g~${secret}`, {})).json();
  expect(card).toMatchObject({
    person: { name: owner.name },
    group: { title: 'Tea club', staff: [{ name: owner.name }], customers: 0 },
  });
  const tom = await come(`g~${secret}`, 'Tom');
  expect(tom).toMatchObject({ status: 200, owner: me.member.id, groups: [{ is: 'in', title: 'Tea club' }] });
  expect(group().guests).toEqual({ [tom.member]: { name: 'Tom' } });
  const mia = await come(code);
  const again = await come(`g~${secret}`, 'Mia', mia.cookie);
  expect([again.status, again.member]).toEqual([200, mia.member]);
  expect(again.groups).toMatchObject([{ is: 'in', customers: 2, guests: [{ name: 'Tom' }] }]);
  expect(Object.keys(group().members)).toHaveLength(3);
  // Once more is the same.
  expect((await come(`g~${secret}`, 'Other', mia.cookie)).status).toBe(200);
  expect(group().guests![mia.member]).toEqual({ name: 'Mia' });
});

test('a link that is off, over, taken away or wrong lets nobody in, and nothing of the group is told', async () => {
  await door();
  const { cookie, member } = await come(`g~${secret}`);
  for (const change of [{ on: false }, { until: now - 1 }, { code: 'x'.repeat(20) }]) {
    await door(change);
    for (const answer of [
      await send('GET', `/api/contact/g~${secret}`, {}),
      await send('POST', '/api/guest', {}, { code: `g~${secret}`, language: 'en', consent: true }),
    ]) {
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toContain('Tea');
    }
  }
  await door();
  expect(await command('chat/g', 'chat.removeMember', { member })).toBe('ok');
  expect((await look(cookie)).groups).toEqual([]);
  // Whoever was taken out does not come back by it.
  expect(await come(`g~${secret}`, '', cookie)).toMatchObject({ status: 403, error: { code: 'forbidden' } });
});

test('who is asked reads who asks and who of the company is there, and other guests once they are in', async () => {
  await door();
  await come(`g~${secret}`, 'Tom');
  const mia = await come(code);
  await command(`customer/${mia.member.slice(6)}`, 'customer.set', {
    field: 'name',
    value: 'Difficult',
    seen: -1,
  });
  expect(await command('chat/g', 'chat.invite', { guests: [mia.member] })).toBe('ok');
  const asked = await look(mia.cookie);
  expect(asked.groups).toMatchObject([
    { is: 'invited', title: 'Tea club', by: { name: owner.name }, customers: 1, guests: [], writes: false },
  ]);
  expect(JSON.stringify(asked.groups)).not.toContain('Tom');
  const consent = { group: 'g', accept: true, name: 'Mia' };
  const by = { member: mia.member, device: 'd', session: 's' } as never;
  const said = { id: 'yes', n: 1, room: mia.chat, type: 'chat.consent', data: consent } as never;
  expect(await workspace.relay.command(by, said)).toMatchObject({ ok: true });
  const [tea] = (await look(mia.cookie)).groups;
  expect(tea).toMatchObject({ is: 'in', writes: true, customers: 2, guests: [{ name: 'Tom' }] });
  await command('chat/g', 'chat.set', { writes: 'managers' });
  expect((await look(mia.cookie)).groups[0]!.writes).toBe(false);
  expect(JSON.stringify(group())).not.toContain('Difficult');
});
