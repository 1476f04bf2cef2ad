import { beforeEach, expect, it } from 'vitest';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { begin, hour, idOf, room, say, send, supervised, world } from './supervised.ts';
import { codeOf, type SignedIn } from './test-app.ts';

/* Lin owns the company; Kim and Tom have customers. */

supervised();
let [lin, mei, kim, tom] = [] as unknown as [SignedIn, SignedIn, SignedIn, SignedIn];

beforeEach(async () => {
  ({ lin, mei, kim, tom } = world);
  await begin('k1', kim);
  await begin('k2', kim);
  await begin('t1', tom);
  await say(kim, 'customer', 'k1', 'customer.merge', { other: 'k2' });
});

interface Listed {
  customers: { id: string; owner: string; partOf: string | null }[];
  next: number | null;
}
interface Entries {
  file: { seq: number; type: string; data: Record<string, unknown> }[];
  chat: { seq: number; type: string }[];
  fileNext: number | null;
  chatNext: number | null;
}
const ask = (who: SignedIn | null, path = '') => send('GET', `/api/customers/archive${path}`, who);
const begins = (who: SignedIn | null) => send('POST', '/api/customers/archive', who);
const told = () =>
  world.workspace.relay
    .entries(null, roomId(world.workspace.relay.workspace, 'directory', 'main', 'admin'), 0, 1_000)
    .filter(({ type }) => type === 'customers.exported');

it('gives who looks after all customers everything about each, and says so to administrators', async () => {
  expect(await codeOf(await ask(lin))).toBe('forbidden');
  expect(await codeOf(await ask(lin, '/t1'))).toBe('forbidden');
  expect((await begins(lin)).status).toBe(204);
  const all = (await (await ask(lin)).json()) as Listed;
  expect(all.customers.map(({ id, owner, partOf }) => [id, owner, partOf])).toEqual([
    ['k1', idOf(kim), null],
    ['k2', idOf(kim), 'k1'],
    ['t1', idOf(tom), null],
  ]);
  expect(all.next).toBeNull();
  const code = 'Abcdefghijklmnop';
  await say(tom, 'customer', 't1', 'customer.invite', { code, welcome: 'Hi' });
  const inside = (await (await ask(lin, '/t1')).json()) as Entries;
  expect(inside.file.map(({ type }) => type)).toEqual(['customer.begin', 'customer.invite']);
  expect(inside.chat.map(({ type }) => type)).toEqual(['chat.customer', 'chat.send']);
  expect([inside.fileNext, inside.chatNext]).toEqual([null, null]);
  // By an open link somebody could be the customer.
  expect(inside.file[1]!.data).toEqual({ welcome: 'Hi' });
  const rest = (await (await ask(lin, '/t1?chat=1')).json()) as Entries;
  expect([rest.file.length, rest.chat.map(({ seq }) => seq)]).toEqual([0, [1]]);

  expect(told()).toMatchObject([{ by: idOf(lin), data: {} }]);
  world.now += 24 * hour;
  expect(await codeOf(await ask(lin, '/t1'))).toBe('forbidden');
  await begins(lin);
  expect((await ask(lin, '/t1')).status).toBe(200);
  expect(told()).toHaveLength(2);
});

it('goes on where an answer ended', async () => {
  for (let i = 0; i < 2_300; i++)
    void world.workspace.relay.appendFact(room('customer', 't1'), 'customer.looked', idOf(mei), {});
  await say(tom, 'customer', 't1', 'customer.note', { text: 'the last one' });
  await begins(lin);
  const seqs: number[] = [];
  for (let from: number | null = 0; from !== null;) {
    const part = (await (await ask(lin, `/t1?file=${from}`)).json()) as Entries;
    expect(part.file.length).toBeLessThanOrEqual(1_000);
    expect(part.chat).toEqual([]);
    seqs.push(...part.file.map(({ seq }) => seq));
    from = part.fileNext;
  }
  expect(seqs).toEqual(Array.from({ length: 2_302 }, (_, seq) => seq));
});

it('gives nothing to anybody else, and not longer than they look after all', async () => {
  await begins(lin);
  for (const who of [mei, kim, tom]) expect(await codeOf(await begins(who))).toBe('forbidden');
  for (const who of [mei, kim, tom])
    for (const path of ['', '/k1', '/t1', '/nobody', `/t1/files/${'a'.repeat(64)}`])
      expect(await codeOf(await ask(who, path)), path).toBe('forbidden');
  expect(await codeOf(await ask(null))).toBe('not-signed-in');
  expect(told()).toHaveLength(1);
  await say(lin, 'customers', 'main', 'customers.serviceAdmins', { members: [idOf(mei)] });
  expect((await begins(mei)).status).toBe(204);
  expect((await ask(mei, '/t1')).status).toBe(200);
  expect(await codeOf(await ask(mei, '/nobody'))).toBe('room-not-found');
  expect(await codeOf(await ask(mei, `/t1/files/${'a'.repeat(64)}`))).toBe('not-found');
  await say(lin, 'customers', 'main', 'customers.serviceAdmins', { members: [] });
  expect(await codeOf(await ask(mei, '/t1'))).toBe('forbidden');
});
