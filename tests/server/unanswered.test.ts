import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import type { CommandId, CustomerId, RoomId } from '../../shared/base/ids.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { lookAfterUnanswered } from '../../server/relay/unanswered.ts';
import { createSqliteCustomers } from '../../server/storage/sqlite/customers.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../server/storage/sqlite/store.ts';
import { member, startRig, type Rig } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const minute = 60_000;
/** A Monday, nine in the morning in UTC. */
const monday = Date.UTC(2026, 0, 5, 9);

test('unanswered customers go from one of the team to the next, once each, in office hours alone', async () => {
  let now = monday;
  const database = openDatabase(':memory:', { durability: 'process' });
  const customers = createSqliteCustomers(database);
  const store = createSqliteStore(database);
  rig = await startRig({ clock: { now: () => now }, store, customers, projections: [customers] });
  await rig.people('ada', 'ben', 'cem', 'dia', 'eve');
  let n = 0;
  const say = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
    n++;
    const command = { id: `k${n}` as CommandId, n, room, type, data };
    const result = await rig.relay.command(rig.caller(by), command);
    return result.ok ? 'ok' : result.code;
  };
  const look = (): Promise<void> =>
    lookAfterUnanswered({ relay: rig.relay, customers, clock: { now: () => now } });
  const settings = rig.room('customers', 'main');
  const hours = { from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5], offset: 0 };
  const link = (id: string, to: object) => ({
    ...{ id, code: `code${id}`.padEnd(20, '0'), name: id, on: true, until: null, source: '', tags: [] },
    ...{ to, welcome: '', hours, away: '' },
  });
  const team = { team: ['ben', 'cem', 'dia'], rule: 'turns', fallback: 'eve' };
  expect(await say('ada', settings, 'customers.link', link('team', team))).toBe('ok');
  expect(await say('ada', settings, 'customers.link', link('own', { member: 'ben' }))).toBe('ok');
  expect(await say('ben', settings, 'customers.unanswered', { after: 30 })).toBe('forbidden');
  expect(await say('ada', settings, 'customers.unanswered', { after: 0 })).toBe('bad-request');
  expect(await say('ada', settings, 'customers.unanswered', { after: 30 })).toBe('ok');

  const begin = async (id: string, by: string): Promise<void> => {
    const guest = guestOf(id as CustomerId);
    await rig.relay.appendFact(rig.room('customer', id), 'customer.begin', guest, {
      ...{ link: { id: by, name: by, source: '' }, guest, owner: 'ben', name: id, tags: [] },
      ...{ language: 'en', consentAt: 1 },
    });
    expect(await say(guest, rig.room('chat', `customer-${id}`), 'chat.send', { text: 'hello?' })).toBe('ok');
  };
  const fileOf = (id: string): CustomerState => rig.relay.state(rig.room('customer', id)) as CustomerState;
  const said = (id: string): number =>
    rig.relay
      .entries(null, rig.room('customer', id), 0, 100)
      .filter(({ type }) => type === 'customer.unanswered').length;
  await begin('c1', 'team');
  await begin('c2', 'own');
  await begin('c3', 'team');
  expect(await say('ben', rig.room('chat', 'customer-c3'), 'chat.send', { text: 'Here I am.' })).toBe('ok');

  now += 29 * minute;
  await look();
  expect(said('c1') + said('c2')).toBe(0);
  now += minute;
  await Promise.all([look(), look()]);
  await look();
  expect(fileOf('c1').owner).toBe('cem');
  expect(rig.relay.mayRead(member('ben'), rig.room('chat', 'customer-c1')).ok).toBe(false);
  expect(rig.relay.mayRead(member('cem'), rig.room('chat', 'customer-c1')).ok).toBe(true);
  // Of one person's link: said, once, and theirs still.
  expect(fileOf('c2')).toMatchObject({ owner: 'ben', waited: { tried: ['ben'] } });
  expect(said('c3')).toBe(0);

  // The next one has as long; by night nobody is asked, and who left is not.
  await say('ada', rig.room('directory', 'main'), 'member.remove', { member: 'dia' });
  now += 20 * minute;
  await look();
  expect(fileOf('c1').owner).toBe('cem');
  now = monday + 12 * 60 * minute;
  await look();
  expect(fileOf('c1').owner).toBe('cem');
  now = monday + 24 * 60 * minute;
  await look();
  // Nobody of the team is left: whoever stands in for it, and then it stays.
  expect(fileOf('c1').owner).toBe('eve');
  now += 5 * 60 * minute;
  await look();
  await look();
  expect(fileOf('c1').owner).toBe('eve');
  expect([said('c1'), said('c2'), said('c3')]).toEqual([2, 1, 0]);

  // Answered, and asked again: the same from the beginning.
  expect(await say('eve', rig.room('chat', 'customer-c1'), 'chat.send', { text: 'Sorry!' })).toBe('ok');
  const guest = guestOf('c1' as CustomerId);
  expect(await say(guest, rig.room('chat', 'customer-c1'), 'chat.send', { text: 'And blue?' })).toBe('ok');
  now += 31 * minute;
  await look();
  expect(fileOf('c1').owner).toBe('ben');

  // What is asked in the conversation of a part waits as well, and goes to the next one with the whole.
  const before = said('c3');
  await begin('c4', 'team');
  expect(await say('ben', rig.room('customer', 'c3'), 'customer.merge', { other: 'c4' })).toBe('ok');
  now += 31 * minute;
  await look();
  await look();
  for (const id of ['c3', 'c4']) expect(fileOf(id).owner).toBe('cem');
  now += minute;
  const other = guestOf('c3' as CustomerId);
  expect(await say(other, rig.room('chat', 'customer-c3'), 'chat.send', { text: 'And I?' })).toBe('ok');
  expect(await say('cem', rig.room('chat', 'customer-c4'), 'chat.send', { text: 'Here.' })).toBe('ok');
  now += 29 * minute;
  await look();
  expect(said('c3') - before).toBe(1);
  now += 2 * minute;
  await look();
  await look();
  expect(said('c3') - before).toBe(2);
});
