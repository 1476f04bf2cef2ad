import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import type { CommandId, CustomerId, RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { member, startRig, type Rig } from './relay-rig.ts';

/* What an administrator brings from elsewhere is their word alone: it gives them nothing of what is here already. */

let rig: Rig;
afterEach(() => rig.stop());

let n = 0;
const outcome = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
  n++;
  const command = { id: `b${n}` as CommandId, n, room, type, data };
  const result = await rig.relay.command(rig.caller(by), command);
  return result.ok ? 'ok' : result.code;
};
const file = (id: string): RoomId => rig.room('customer', id);
const chat = (id: string): RoomId => rig.room('chat', `customer-${id}`);
const stateOf = (id: string): CustomerState => rig.relay.state(file(id)) as CustomerState;
const peopleIn = (id: string): string[] =>
  Object.keys((rig.relay.state(chat(id)) as ChatState).members).sort();
const guest = (id: string): string => guestOf(id as CustomerId);
const begun = (id: string, owner: string) => ({
  ...{ link: null, guest: guest(id), owner, name: `N${id}`, tags: [], language: 'en', consentAt: 1 },
});

/** Ada owns the company and is in nothing of ben's; `c1` is ben's customer. */
async function start(): Promise<void> {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
  await rig.relay.appendFact(file('c1'), 'customer.begin', member(guest('c1')), begun('c1', 'ben'));
}

const line = (at: number, type: string, data: unknown, by = 'ada') => ({
  ...{ n: at, id: `old-${at}`, type, by, at: 10 + at, data },
});
const bring = (id: string, entry: unknown): Promise<string> =>
  outcome('ada', file(id), 'customer.import', entry);
const nothing = { values: [], tags: [], staff: [], stage: null, next: null };

test('who brings a file that says that a customer here is a part of it gets nothing of that customer', async () => {
  await start();
  expect(await bring('w', line(0, 'customer.create', { values: { name: 'W' }, tags: [] }))).toBe('ok');
  const merge = { other: 'c1', brought: nothing };
  expect(await bring('w', line(1, 'customer.merge', merge))).toBe('forbidden');
  expect(await outcome('ada', file('w'), 'customer.imported', {})).toBe('ok');
  expect(stateOf('c1')).toMatchObject({ owner: 'ben', helpers: [] });
  expect(peopleIn('c1')).toEqual(['ben', guest('c1')]);
  expect(rig.relay.mayRead(member('ada'), chat('c1')).ok).toBe(false);
  // Nor does a part that says whose it is change anything of the whole.
  expect(await bring('p', line(0, 'customer.create', { values: { name: 'P' }, tags: [] }))).toBe('ok');
  const follow = { into: 'c1', owner: 'ada', helpers: ['eve'] };
  expect(await bring('p', line(1, 'customer.follow', follow))).toBe('ok');
  expect(await outcome('ada', file('p'), 'customer.imported', {})).toBe('ok');
  expect(stateOf('c1')).toMatchObject({ owner: 'ben', helpers: [] });
  expect(stateOf('p').into).toBeUndefined();
});

test('a customer and their part that were brought together are one here as they were there', async () => {
  await start();
  const whole = [
    line(0, 'customer.create', { values: { name: 'W' }, tags: [], owner: 'ben' }),
    line(1, 'customer.merge', { other: 'p', brought: nothing }),
  ];
  const part = [
    line(0, 'customer.begin', begun('p', 'eve'), guest('p')),
    line(1, 'customer.follow', { into: 'w', owner: 'ben', helpers: [] }),
  ];
  for (const [id, entries] of [
    ['w', whole],
    ['p', part],
  ] as const) {
    for (const entry of entries) expect(await bring(id, entry)).toBe('ok');
    expect(await outcome('ada', file(id), 'customer.imported', {})).toBe('ok');
  }
  expect(stateOf('p')).toMatchObject({ into: 'w', owner: 'ben' });
  expect(await outcome('ben', file('w'), 'customer.assign', { owner: 'eve' })).toBe('ok');
  expect(stateOf('p')).toMatchObject({ into: 'w', owner: 'eve' });
  expect(peopleIn('p')).toEqual(['eve', guest('p')]);
});

test('the guest of a file that is brought is that customer, and nobody else', async () => {
  await start();
  for (const other of [guest('c1'), 'eve'])
    expect(await bring('w', line(0, 'customer.begin', { ...begun('w', 'ada'), guest: other }))).toBe(
      'bad-request',
    );
  expect(await bring('w', line(0, 'customer.create', { values: { name: 'W' }, tags: [] }))).toBe('ok');
  const arrive = { code: 'A'.repeat(20), name: '', language: 'en', consentAt: 1 };
  expect(await bring('w', line(1, 'customer.arrive', { ...arrive, guest: guest('c1') }))).toBe('bad-request');
  expect(await bring('w', line(1, 'customer.arrive', { ...arrive, guest: guest('w') }))).toBe('ok');
});
