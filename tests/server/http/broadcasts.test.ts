import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { rebuildBroadcasts } from '../../../server/storage/sqlite/broadcasts.ts';
import { openDatabase } from '../../../server/storage/sqlite/open.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, DeviceId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { BroadcastState } from '../../../shared/features/customers/broadcast-schema.ts';
import { noCards } from '../../support/no-cards.ts';
import { until } from '../../support/relay-process.ts';
import { bearer, codeOf, owner, ownPage, type SignedIn } from './test-app.ts';

let folder: string;
let workspace: Workspace;
let app: ReturnType<typeof createApp>;
let boss: SignedIn;
let ada: SignedIn;
let ben: SignedIn;

async function open(): Promise<void> {
  workspace = await openWorkspace({ folder, durability: 'process' });
  const quiet = (): void => {};
  app = createApp({
    ...workspace,
    clock: { now: () => Date.now() },
    log: { info: quiet, warn: quiet, error: quiet },
    cards: noCards,
    metrics: createRequestMetrics(new Registry()),
    bounds: defaultBounds,
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

const send = async (method: string, path: string, who: SignedIn | null, body?: unknown): Promise<Response> =>
  app.request(path, {
    method,
    headers: { ...ownPage, 'content-type': 'application/json', ...(who ? bearer(who.token) : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const ask = async <T>(path: string, who: SignedIn): Promise<T> =>
  (await (await send('GET', path, who)).json()) as T;

async function newPerson(name: string): Promise<SignedIn> {
  const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
  const { code } = (await (await send('POST', '/api/invitations', boss, wish)).json()) as { code: string };
  const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
  return (await (await send('POST', `/api/join/${code}`, null, person)).json()) as SignedIn;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-broadcasts-'));
  await open();
  const token = workspace.auth.setup.link();
  const setUp = await send('POST', '/api/setup', null, { token, workspace: 'Example', ...owner });
  boss = (await setUp.json()) as SignedIn;
  ada = await newPerson('ada');
  ben = await newPerson('ben');
});
afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

const room = (name: string): RoomId => `${boss.workspace.id}/${name}` as RoomId;
let n = 0;
const say = async (member: string, to: RoomId, type: string, data: unknown): Promise<void> => {
  const caller = { member: member as MemberId, session: member, device: `${member}-test` as DeviceId };
  const command = { id: `k${++n}` as CommandId, n, room: to, type, data };
  expect(await workspace.relay.command(caller, command)).toMatchObject({ ok: true });
};
async function customer(id: string, who: SignedIn, source = ''): Promise<void> {
  const guest = guestOf(id as CustomerId);
  const link = { id: 'l1', name: 'Shop', source };
  await workspace.relay.appendFact(room(`customer/${id}`), 'customer.begin', guest, {
    ...{ link, guest, owner: who.member.id, name: id, tags: [], language: 'en', consentAt: 1 },
  });
}
const stateOf = (id: string): BroadcastState =>
  workspace.relay.state(room(`broadcast/${id}`)) as BroadcastState;

async function broadcast(by: SignedIn, id: string, customers: readonly string[]): Promise<void> {
  const me = by.member.id;
  await say(me, room(`broadcast/${id}`), 'broadcast.begin', { name: 'x' });
  await say(me, room(`broadcast/${id}`), 'broadcast.words', { text: 'Hello', nameless: '' });
  await say(me, room(`broadcast/${id}:list`), 'broadcast.add', { customers });
  const submitted = { customers: customers.length, from: null, hours: null };
  await say(me, room(`broadcast/${id}`), 'broadcast.submit', submitted);
}

interface Lines {
  readonly customers: readonly { customer: string; name: string; readAt: number | null }[];
  readonly next: string | null;
}
const named = async (id: string, of: string, who: SignedIn): Promise<string[]> =>
  (await ask<Lines>(`/api/broadcasts/${id}/customers?of=${of}`, who)).customers.map((each) => each.customer);

test('its maker sees who got it, read it and answered, and each owner the same of their own alone', async () => {
  for (const id of ['a1', 'a2', 'a3']) await customer(id, ada);
  await customer('b1', ben);
  await broadcast(boss, 'x', ['a1', 'a2', 'a3', 'b1']);
  await until('all are looked up', () => stateOf('x').looked === 4);
  expect(await named('x', 'waiting', ada)).toEqual(['a1', 'a2', 'a3']);
  await say(ada.member.id, room('broadcast/x'), 'broadcast.approve', { without: ['a3'] });
  await say(ben.member.id, room('broadcast/x'), 'broadcast.approve', { without: [] });
  await until('all of it is out', () => stateOf('x').finishedAt !== null);

  const chat = (id: string): RoomId => room(`chat/customer-${id}`);
  await say(guestOf('a1' as CustomerId), room('chat/customer-a1:reads'), 'chat.read', { upTo: 1 });
  await say(guestOf('b1' as CustomerId), chat('b1'), 'chat.send', { text: 'thank you' });
  // What they read before it came is not it.
  await say(guestOf('a2' as CustomerId), room('chat/customer-a2:reads'), 'chat.read', { upTo: 0 });
  const all = async (): Promise<unknown> => [
    await ask('/api/broadcasts/x', boss),
    await ask('/api/broadcasts/x', ada),
    await named('x', 'read', boss),
    await named('x', 'answered', boss),
    await named('x', 'sent', ada),
    await named('x', 'declined', boss),
    await named('x', 'answered', ada),
  ];
  const expected = [
    expect.objectContaining({ read: 2, answered: 1 }),
    expect.objectContaining({ read: 1, answered: 0 }),
    ['a1', 'b1'],
    ['b1'],
    ['a1', 'a2'],
    ['a3'],
    [],
  ];
  expect(await all()).toEqual(expected);
  await close();
  const database = openDatabase(join(folder, 'weft.db'), { durability: 'process' });
  rebuildBroadcasts(database);
  database.close();
  await open();
  expect(await all()).toEqual(expected);
});

test('nobody else is told anything of it, also of the customers who are not the maker’s', async () => {
  await customer('b1', ben);
  await customer('a1', ada);
  await broadcast(ada, 'y', ['b1', 'a1']);
  await until('it is over', () => stateOf('y').finishedAt !== null);
  for (const path of ['/api/broadcasts/y', '/api/broadcasts/y/customers?of=sent']) {
    expect(await codeOf(await send('GET', path, ben))).toBe('forbidden');
    expect(await codeOf(await send('GET', path, null))).toBe('not-signed-in');
  }
  expect(await codeOf(await send('GET', '/api/broadcasts/no', ada))).toBe('room-not-found');
  const { customers } = await ask<Lines>('/api/broadcasts/y/customers?of=foreign', ada);
  expect(customers).toEqual([{ customer: 'b1', name: '', owner: null, readAt: null, answeredAt: null }]);
});

test('lists come in pieces', async () => {
  const ids = Array.from({ length: 130 }, (_, i) => `a${i}`);
  for (const id of ids) await customer(id, ada);
  await broadcast(ada, 'z', ids);
  await until('it is over', () => stateOf('z').finishedAt !== null);
  const first = await ask<Lines>('/api/broadcasts/z/customers?of=sent', ada);
  expect(first.customers).toHaveLength(100);
  const rest = await ask<Lines>(`/api/broadcasts/z/customers?of=sent&after=${first.next}`, ada);
  expect([...first.customers, ...rest.customers].map((each) => each.customer)).toEqual(ids);
  expect(rest.next).toBeNull();
  const wrong = await send('GET', '/api/broadcasts/z/customers?of=sent&after=x', ada);
  expect(await codeOf(wrong)).toBe('bad-request');
});

test('a leader is told of the customers of their line, by what they have to be; everybody else of their own', async () => {
  await customer('a1', ada, 'fair');
  await customer('a2', ada);
  await customer('b1', ben, 'fair');
  await say(ben.member.id, room('customer/b1'), 'customer.stage', { stage: 'talk' });
  await customer('b2', ben);
  await say(ben.member.id, room('customer/b2'), 'customer.end', {});
  const none = { stage: null, source: null, tags: [] };
  const whom = async (who: SignedIn, wish: object): Promise<string[]> => {
    const answer = await send('POST', '/api/broadcast-recipients', who, { ...none, ...wish });
    return ((await answer.json()) as { customers: string[] }).customers;
  };
  expect(await whom(boss, {})).toEqual(['a1', 'a2', 'b1']);
  expect(await whom(ada, {})).toEqual(['a1', 'a2']);
  expect(await whom(boss, { source: 'fair' })).toEqual(['a1', 'b1']);
  expect(await whom(boss, { stage: 'new' })).toEqual(['a1', 'a2']);
  expect(await whom(boss, { stage: 'talk' })).toEqual(['b1']);
  expect(await whom(boss, { tags: ['vip'] })).toEqual([]);
});

test('it is said how many of them are reached, and a customer who is so in the conversation of a part is told of as one', async () => {
  await customer('a1', ada);
  await customer('a2', ada);
  for (const id of ['k1', 'k2'])
    await say(ada.member.id, room(`customer/${id}`), 'customer.create', { values: { name: id }, tags: [] });
  const all = { stage: null, source: null, tags: [] };
  const whom = async (): Promise<unknown> =>
    (await send('POST', '/api/broadcast-recipients', ada, all)).json();
  expect(await whom()).toEqual({ customers: ['a1', 'a2', 'k1', 'k2'], reached: 2 });
  await say(ada.member.id, room('customer/k1'), 'customer.merge', { other: 'a1' });
  expect(await whom()).toEqual({ customers: ['a2', 'k1', 'k2'], reached: 2 });
  await broadcast(ada, 'w', ['k1', 'k2']);
  await until('it is over', () => stateOf('w').finishedAt !== null);
  const told = { customer: 'k1', name: 'k1', owner: ada.member.id };
  const sent = await ask<Lines>('/api/broadcasts/w/customers?of=sent', ada);
  expect(sent.customers).toMatchObject([{ ...told, readAt: null, answeredAt: null }]);
  const guest = guestOf('a1' as CustomerId);
  await say(guest, room('chat/customer-a1'), 'chat.send', { text: 'yes' });
  for (const of of ['sent', 'answered']) {
    const { customers } = await ask<Lines>(`/api/broadcasts/w/customers?of=${of}`, ada);
    expect(customers).toMatchObject([{ ...told, answeredAt: expect.any(Number) as number }]);
  }
});
