import { beforeEach, expect, it } from 'vitest';
import { partOf } from '../../../shared/protocol/rooms.ts';
import { begin, guestSays, hour, idOf, monday, room, say, send, supervised, world } from './supervised.ts';
import { codeOf, type SignedIn } from './test-app.ts';

/* Mei is Kim's superior and Tom works elsewhere; Kim has two customers and Tom one. */

supervised();
let [lin, mei, kim, tom] = [] as unknown as [SignedIn, SignedIn, SignedIn, SignedIn];
const minute = 60_000;

beforeEach(async () => {
  ({ lin, mei, kim, tom } = world);
  await begin('k1', kim);
  await begin('k2', kim);
  await begin('t1', tom);
});

const ask = (who: SignedIn | null, path: string, more: Record<string, string>) => {
  const period = { from: String(monday), to: String(monday + 7 * 24 * hour), step: String(24 * hour) };
  return send('GET', `/api/customers/${path}?${new URLSearchParams({ ...period, ...more })}`, who);
};
const told = async <Answer>(
  who: SignedIn,
  path: string,
  more: Record<string, string> = {},
): Promise<Answer> => {
  const answer = await ask(who, path, more);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Answer;
};

it('lists the talks behind the times, the longest first, of who is in the line now', async () => {
  interface Talk {
    readonly id: string;
    readonly took: number;
    readonly answeredBy: string;
  }
  const talks = async (who: SignedIn, more: Record<string, string> = {}) => {
    const { rows } = await told<{ rows: Talk[] }>(who, 'talks', { of: 'firstAnswer', ...more });
    return rows.map(({ id, took }) => [id, took / minute]);
  };
  expect(await talks(mei)).toEqual([]);
  for (const [who, customer, after] of [
    [kim, 'k1', 5],
    [tom, 't1', 7],
    [kim, 'k2', 13],
  ] as const) {
    world.now += after * minute;
    await say(who, 'chat', `customer-${customer}`, 'chat.send', { text: 'Good morning' });
  }
  world.now += minute;
  expect(await talks(mei)).toEqual([
    ['k2', 25],
    ['k1', 5],
  ]);
  expect(await talks(lin)).toEqual([
    ['k2', 25],
    ['t1', 12],
    ['k1', 5],
  ]);
  expect(await talks(lin, { person: idOf(tom) })).toEqual([['t1', 12]]);
  expect(await talks(lin, { of: 'resolution' })).toEqual([]);
  world.now += 25 * hour;
  expect(await talks(lin, { of: 'resolution' })).toHaveLength(3);
  // Whoever has them now sees them; whose they were does not.
  await say(kim, 'customer', 'k2', 'customer.assign', { owner: idOf(tom) });
  world.now += 6_000;
  expect(await talks(mei)).toEqual([['k1', 5]]);
  expect(await codeOf(await ask(tom, 'talks', { of: 'firstAnswer', person: idOf(kim) }))).toBe('forbidden');
  expect(await codeOf(await ask(null, 'talks', { of: 'firstAnswer' }))).toBe('not-signed-in');
  expect(await codeOf(await ask(lin, 'talks', { of: 'name' }))).toBe('bad-request');
});

it('gives long lists of talks in pages, each talk once', async () => {
  for (let i = 0; i < 230; i++) {
    await begin(`p${i}`, tom);
    world.now += (i % 7) * minute;
    await say(tom, 'chat', `customer-p${i}`, 'chat.send', { text: 'Hello' });
  }
  world.now += 6_000;
  const seen: { id: string; took: number }[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page: { rows: { id: string; took: number }[]; next: string | null } = await told(lin, 'talks', {
      of: 'firstAnswer',
      ...(after ? { after } : {}),
    });
    seen.push(...page.rows);
    after = page.next;
  }
  expect(seen).toHaveLength(230);
  expect(new Set(seen.map(({ id }) => id)).size).toBe(230);
  expect(seen.map(({ took }) => took)).toEqual(seen.map(({ took }) => took).sort((a, b) => b - a));
});

it('tells what became of messages to many in a line, by day, person and message, and who is behind it', async () => {
  interface Told {
    readonly sent: number[];
    readonly read: number[];
    readonly answered: number[];
    readonly people: { member: string; sent: number; read: number; answered: number }[];
    readonly broadcasts: { id: string; name: string; sent: number; read: number; answered: number }[];
  }
  const behind = async (who: SignedIn, of: string, more: Record<string, string> = {}) =>
    (await told<{ rows: { id: string }[] }>(who, 'broadcasts/behind', { of, ...more })).rows.map(
      ({ id }) => id,
    );
  const { relay } = world.workspace;
  await say(lin, 'broadcast', 'b1', 'broadcast.begin', { name: 'Spring' });
  const write = (who: SignedIn, customer: string, broadcast: string) =>
    relay.appendFact(room('chat', `customer-${customer}`), 'chat.send', idOf(who), {
      text: 'New things',
      broadcast,
    });
  await write(kim, 'k1', 'b1');
  await write(tom, 't1', 'b1');
  world.now += 24 * hour;
  await write(kim, 'k2', 'b2');
  await guestSays('k2', 'Thank you');
  const reads = partOf(room('chat', 'customer-t1'), 'reads');
  const guest = { member: 'guest-t1' as never, session: 's', device: 'phone-t1' as never };
  const command = { id: 'r1' as never, n: 999, room: reads, type: 'chat.read', data: { upTo: 2 } };
  expect(await relay.command(guest, command)).toMatchObject({ ok: true });

  const all = await told<Told>(lin, 'broadcasts');
  expect(all.sent.slice(0, 2)).toEqual([2, 1]);
  expect(all.read.slice(0, 2)).toEqual([1, 1]);
  expect(all.answered.slice(0, 2)).toEqual([0, 1]);
  expect(all.people.map(({ member, sent }) => [member, sent])).toEqual([
    [idOf(kim), 2],
    [idOf(tom), 1],
  ]);
  expect(all.broadcasts).toMatchObject([
    { id: 'b2', name: '', sent: 1, read: 1, answered: 1 },
    { id: 'b1', name: 'Spring', sent: 2, read: 1, answered: 0 },
  ]);
  expect((await told<Told>(mei, 'broadcasts')).sent.slice(0, 2)).toEqual([1, 1]);
  expect(await behind(mei, 'sent')).toEqual(['k2', 'k1']);
  expect(await behind(lin, 'sent', { broadcast: 'b1' })).toEqual(['t1', 'k1']);
  expect(await behind(lin, 'read')).toEqual(['k2', 't1']);
  expect(await behind(lin, 'answered')).toEqual(['k2']);
  expect(await behind(tom, 'sent')).toEqual(['t1']);
  await say(kim, 'customer', 'k1', 'customer.assign', { owner: idOf(tom) });
  world.now += 6_000;
  expect(await behind(mei, 'sent')).toEqual(['k2']);
  expect(await codeOf(await ask(tom, 'broadcasts', { person: idOf(kim) }))).toBe('forbidden');
  expect(await codeOf(await ask(tom, 'broadcasts/behind', { of: 'sent', person: idOf(kim) }))).toBe(
    'forbidden',
  );
  for (const path of ['broadcasts', 'broadcasts/behind'])
    expect(await codeOf(await ask(null, path, { of: 'sent' }))).toBe('not-signed-in');
  expect(await codeOf(await ask(lin, 'broadcasts/behind', { of: 'sent', after: "1 a' b" }))).toBe(
    'bad-request',
  );
});
