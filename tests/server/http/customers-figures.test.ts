import { beforeEach, expect, it } from 'vitest';
import type { Figures } from '../../../shared/features/customers/figures.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { begin, hour, idOf, monday, room, say, send, supervised, world } from './supervised.ts';
import { codeOf, type SignedIn } from './test-app.ts';

/* Mei is Kim's superior and Tom works elsewhere; Kim and Tom have customers. */

supervised();
let [lin, mei, kim, tom] = [] as unknown as [SignedIn, SignedIn, SignedIn, SignedIn];

beforeEach(async () => {
  ({ lin, mei, kim, tom } = world);
  await begin('k1', kim);
  await begin('k2', kim);
  await begin('t1', tom);
});

const ask = (who: SignedIn | null | undefined, path: string, more: Record<string, string> = {}) => {
  const period = { from: String(monday), to: String(monday + 7 * 24 * hour), step: String(24 * hour) };
  return send('GET', `/api/customers/${path}?${new URLSearchParams({ ...period, ...more })}`, who ?? null);
};
const figures = async (who: SignedIn | undefined, more: Record<string, string> = {}) => {
  const answer = await ask(who, 'figures', more);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Figures & { leads: boolean };
};
const rows = async (who: SignedIn | undefined, more: Record<string, string>): Promise<string[]> => {
  const answer = await ask(who, 'behind', more);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { rows: { id: string }[] }).rows.map(({ id }) => id);
};
const sum = (bars: readonly number[]): number => bars.reduce((all, each) => all + each, 0);

it('gives everybody the figures of their line, and the customers behind them', async () => {
  world.now += 2 * hour;
  expect(await figures(lin)).toMatchObject({ customers: 3, unanswered: [0, 3, 0, 0], leads: true });
  const ofMei = await figures(mei);
  expect(ofMei).toMatchObject({ customers: 2, activeInAll: 2, leads: true });
  expect(sum(ofMei.added)).toBe(2);
  expect(ofMei.people.map(({ member, customers }) => [member, customers])).toEqual([[idOf(kim), 2]]);
  expect(await figures(tom)).toMatchObject({ customers: 1, leads: false });
  for (const of of ['customers', 'added', 'active', 'unanswered', 'stage', 'source'])
    expect(await rows(mei, { of }), of).toEqual(['k1', 'k2']);
  expect(await rows(mei, { of: 'lost' })).toEqual([]);
  expect((await rows(lin, { of: 'customers' })).sort()).toEqual(['k1', 'k2', 't1']);
  expect(await rows(lin, { of: 'customers', person: idOf(tom) })).toEqual(['t1']);
});

it('counts a customer who was handed on for whom they began with, and shows them to whose they are', async () => {
  await say(kim, 'customer', 'k1', 'customer.assign', { owner: idOf(tom) });
  world.now += 6_000;
  expect(sum((await figures(kim)).added)).toBe(2);
  expect((await figures(kim)).customers).toBe(1);
  expect(await rows(mei, { of: 'added' })).toEqual(['k2']);
  expect(await rows(tom, { of: 'customers' })).toEqual(['k1', 't1']);
});

it('lets nobody keep others waiting by asking for more and more', async () => {
  const asked = Array.from({ length: 40 }, (_, i) => ask(tom, 'figures', { source: `none ${i}` }));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(await figures(tom)).toMatchObject({ customers: 1 });
});

it('tells nothing to who has no line, has it no more, or is no member', async () => {
  const person = { person: idOf(kim) };
  expect(await codeOf(await ask(tom, 'figures', person))).toBe('forbidden');
  expect(await codeOf(await ask(tom, 'behind', { of: 'customers', ...person }))).toBe('forbidden');
  expect(await codeOf(await ask(mei, 'behind', { of: 'customers', person: idOf(tom) }))).toBe('forbidden');
  expect(await rows(tom, { of: 'customers', team: 'nowhere' })).toEqual([]);
  expect(await codeOf(await ask(null, 'figures'))).toBe('not-signed-in');
  expect(await rows(mei, { of: 'customers', ...person })).toEqual(['k1', 'k2']);
  await say(lin, 'directory', 'main', 'member.edit', { member: idOf(kim), superior: null });
  expect(await codeOf(await ask(mei, 'behind', { of: 'customers', ...person }))).toBe('forbidden');
  expect(await figures(mei)).toMatchObject({ customers: 0, leads: false });
  await say(lin, 'customers', 'main', 'customers.serviceAdmins', { members: [idOf(mei)] });
  expect((await rows(mei, { of: 'customers' })).sort()).toEqual(['k1', 'k2', 't1']);
  await say(lin, 'customers', 'main', 'customers.serviceAdmins', { members: [] });
  expect(await rows(mei, { of: 'customers' })).toEqual([]);
});

it('shows a leader what is inside of a customer, tells who looked, and shows it to nobody else', async () => {
  type Looked = { name: string; chatBefore: number; chat: { type: string; data: { text?: string } }[] };
  const look = (who: SignedIn | null | undefined, id: string, more: object = {}) =>
    send('POST', `/api/customers/${id}/look`, who ?? null, more);
  await say(kim, 'customer', 'k1', 'customer.note', { text: 'likes tea' });
  const answer = await look(mei, 'k1');
  expect(answer.status).toBe(200);
  const inside = (await answer.json()) as Looked & { file: { type: string }[] };
  expect(inside.name).toBe('k1');
  expect(inside.file.map(({ type }) => type)).toEqual(['customer.begin', 'customer.note', 'customer.looked']);
  expect(inside.chat.at(-1)).toMatchObject({ type: 'chat.send', data: { text: 'hello' } });
  // Once, however often it is read; by whom, for those who work there and for administrators.
  const before = (await (await look(mei, 'k1', { chatBefore: 1 })).json()) as Looked;
  expect([before.chat.length, before.chatBefore]).toEqual([1, 0]);
  const told = (of: ReturnType<typeof room>) =>
    world.workspace.relay.entries(null, of, 0, 1_000).filter(({ type }) => type === 'customer.looked');
  expect(told(room('customer', 'k1')).map(({ by }) => by)).toEqual([idOf(mei)]);
  expect(told(roomId(world.workspace.relay.workspace, 'directory', 'main', 'admin'))).toMatchObject([
    { by: idOf(mei), data: { customer: 'k1', owner: idOf(kim) } },
  ]);
  const changed = world.workspace.customers.line('k1')!.changedAt;
  world.now += hour;
  await look(mei, 'k1');
  expect(told(room('customer', 'k1'))).toHaveLength(2);
  expect(world.workspace.customers.line('k1')!.changedAt).toBe(changed);

  for (const [who, id] of [
    [tom, 'k1'],
    [mei, 't1'],
    [mei, 'nobody'],
    [kim, 't1'],
  ] as const)
    expect(await codeOf(await look(who, id)), id).toBe('forbidden');
  expect(await codeOf(await look(null, 'k1'))).toBe('not-signed-in');
  expect(await codeOf(await look(mei, '../main'))).not.toBe('');
  await say(lin, 'directory', 'main', 'member.edit', { member: idOf(kim), superior: null });
  expect(await codeOf(await look(mei, 'k1'))).toBe('forbidden');
  // Nobody says of themself or of others that they looked.
  const command = { id: 'x1', n: ++world.n, room: room('customer', 'k1'), type: 'customer.looked', data: {} };
  const forged = await send('POST', '/api/commands', kim, { commands: [command] });
  expect(await forged.json()).toMatchObject({ results: [{ ok: false, code: 'bad-request' }] });
});

it('shows a leader no link by which they could be the customer', async () => {
  const code = 'S'.repeat(22);
  await say(kim, 'customer', 'k1', 'customer.invite', { code, welcome: 'Hello' });
  const look = async (who: SignedIn) => (await send('POST', '/api/customers/k1/look', who, {})).text();
  expect(await look(mei)).toContain('customer.invite');
  expect(await look(mei)).not.toContain(code);
  expect(await look(kim)).toContain(code);
});

it('gives long lists in pages, and refuses periods that are none', async () => {
  for (let i = 0; i < 230; i++) await begin(`p${String(i).padStart(3, '0')}`, tom);
  const seen: string[] = [];
  for (let after: string | null = ''; after !== null;) {
    const answer = await ask(tom, 'behind', { of: 'unanswered', ...(after ? { after } : {}) });
    const page = (await answer.json()) as { rows: { id: string }[]; next: string | null };
    expect(page.rows.length).toBeLessThanOrEqual(200);
    seen.push(...page.rows.map(({ id }) => id));
    after = page.next;
  }
  expect(new Set(seen).size).toBe(231);
  expect(seen).toHaveLength(231);
  expect(await codeOf(await ask(tom, 'figures', { to: '0' }))).toBe('bad-request');
  expect(await codeOf(await ask(tom, 'figures', { from: '0' }))).toBe('bad-request');
  expect(await codeOf(await ask(tom, 'behind', { of: 'secrets' }))).toBe('bad-request');
  expect(await codeOf(await ask(tom, 'behind', { of: 'added', after: "1' OR 1" }))).toBe('bad-request');
});
