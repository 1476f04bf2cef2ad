import { afterEach, beforeEach, expect, test } from 'vitest';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CommandId, CustomerId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { chatTitle } from '../../../client/features/chat/people.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

const customer = 'c1' as CustomerId;
const guest = guestOf(customer);

let world: World;
let ann: MemberId;
let bo: MemberId;
let file: RoomId;
let chat: RoomId;
let hers: WorldDevice;
let first: LocalWorkspace;
let second: LocalWorkspace;

const pageOn = (on: WorldDevice): LocalWorkspace =>
  new LocalWorkspace({
    ...on.page(),
    workspace: world.store.workspace,
    me: on.member,
    device: on.device,
    role: 'member',
    nameless: () => 'Visitor C1',
    startLeader: () => ({ stop: () => undefined }),
    onEnded: () => undefined,
    clearCaches: () => Promise.resolve(),
  });

let said = 0;
/** The guest writes from their own page. */
async function guestSays(text: string): Promise<void> {
  said++;
  const command = {
    id: `guest-said-${said}` as CommandId,
    n: said,
    room: chat,
    type: 'chat.send',
    data: { text },
  };
  const device = 'guest-device' as WorldDevice['device'];
  const taken = world.relay.command({ member: guest, device, session: 'guest-session' }, command);
  await world.settle();
  expect((await taken).ok).toBe(true);
}

beforeEach(async () => {
  world = await makeWorld(21);
  said = 0;
  [ann, bo] = [await world.member('ann'), await world.member('bo')];
  hers = world.device(ann);
  const his = world.device(bo);
  await world.settle();
  [first, second] = [pageOn(hers), pageOn(his)];
  file = world.room('customer', customer);
  chat = world.room('chat', `customer-${customer}`);
  const begun = { link: null, guest, owner: ann, name: '', tags: [], language: 'en', consentAt: 1 };
  await world.relay.appendFact(file, 'customer.begin', guest, begun);
  await world.settle();
});
afterEach(() => world.end());

test('a guest has a name wherever somebody asks for it, and is in no list of people', async () => {
  const nameOf = (data: LocalWorkspace): string | undefined => data.directory.members[guest]?.name;
  expect(nameOf(first)).toBe('Visitor C1');
  await world.relay.appendFact(file, 'customer.introduce', guest, { name: 'Mia' });
  await world.settle();
  expect(nameOf(first)).toBe('Mia');
  expect(chatTitle(first.chats[0]!.state, first.directory, ann)).toBe('Mia');
  expect(Object.keys(first.directory.members).sort()).toEqual([ann, bo].sort());
  expect(Object.values(first.directory.members).some(({ id }) => id === guest)).toBe(false);
  // Who has nothing to do with the customer does not know them.
  expect(nameOf(second)).toBeUndefined();
  expect(second.customers).toEqual([]);
  // Nor may they be taken into a group.
  const group = { type: 'group', title: 'G', members: [guest] };
  expect(first.may(world.room('chat', 'g'), 'chat.create', group).ok).toBe(false);
});

test('a customer waits for an answer from what they say until somebody of the company says something', async () => {
  expect(first.customers.map(({ id, waitsSince }) => [id, waitsSince])).toEqual([[customer, null]]);
  await guestSays('hello');
  expect(first.customer(customer)).toMatchObject({ waitsSince: expect.any(Number), chat: { unread: 1 } });
  await first.send(chat, 'chat.send', { text: 'good morning' });
  expect(first.customer(customer)?.waitsSince).toBeNull();
  await world.settle();
  expect(first.customer(customer)?.waitsSince).toBeNull();
});

test('who became a part of another customer waits as that one, who has no conversation of their own', async () => {
  const whole = world.room('customer', 'c2');
  await first.send(whole, 'customer.create', { values: { name: 'Mia', phone: '1' }, tags: [] });
  await first.send(whole, 'customer.merge', { other: customer });
  await world.settle();
  expect(first.customerLines).toMatchObject([{ id: 'c2', waitsSince: null, unread: 0, said: '' }]);
  await guestSays('hello');
  const asked = { id: 'c2', waitsSince: expect.any(Number), unread: 1, said: 'hello' };
  expect(first.customerLines).toMatchObject([asked]);
  await first.send(chat, 'chat.send', { text: 'good morning' });
  await world.settle();
  expect(first.customerLines).toMatchObject([{ id: 'c2', waitsSince: null, said: 'good morning' }]);
});

test('who is asked to help has the customer and what was said; who is taken out has neither', async () => {
  await guestSays('hello');
  await first.send(file, 'customer.help', { add: [bo], remove: [] });
  await world.settle();
  expect(second.customer(customer)).toMatchObject({
    waitsSince: expect.any(Number),
    state: { owner: ann, helpers: [bo] },
  });
  expect(second.chat(`customer-${customer}`)?.state.last?.text).toBe('hello');
  await first.send(file, 'customer.help', { add: [], remove: [bo] });
  await world.settle();
  expect(second.customer(customer)).toBeNull();
  expect(second.chats).toEqual([]);
  expect(second.directory.members[guest]).toBeUndefined();
});

test('notes and tags of somebody without a network show at once and arrive later', async () => {
  hers.goOffline();
  await world.settle(100);
  await first.send(file, 'customer.note', { text: 'wants a sample' });
  await first.send(file, 'customer.set', { field: 'phone', value: '138', seen: -1 });
  expect(first.customer(customer)).toMatchObject({ pending: true, state: { phone: '138' } });
  expect(first.customer(customer)?.state.lastNote?.text).toBe('wants a sample');
  hers.goOnline();
  await world.settle(60_000);
  expect(first.customer(customer)).toMatchObject({ pending: false, state: { phone: '138' } });
  expect(world.relay.state(file)).toMatchObject({ phone: '138', lastNote: { text: 'wants a sample' } });
});

test('of two who wrote a field without seeing each other both values are kept until somebody decides', async () => {
  await first.send(file, 'customer.help', { add: [bo], remove: [] });
  await world.settle();
  hers.goOffline();
  await world.settle(100);
  await first.send(file, 'customer.set', { field: 'company', value: 'Harbour', seen: -1 });
  await second.send(file, 'customer.set', { field: 'company', value: 'Harbor Ltd', seen: -1 });
  await world.settle();
  hers.goOnline();
  await world.settle(60_000);
  const values = (data: LocalWorkspace) =>
    data
      .customer(customer)
      ?.state.conflicts['company']?.map(({ value }) => value)
      .sort();
  expect(values(first)).toEqual(['Harbor Ltd', 'Harbour']);
  expect(values(second)).toEqual(['Harbor Ltd', 'Harbour']);
  await second.send(file, 'customer.settle', { field: 'company', value: 'Harbor Ltd' });
  await world.settle();
  expect(first.customer(customer)?.state).toMatchObject({ company: 'Harbor Ltd', conflicts: {} });
});
