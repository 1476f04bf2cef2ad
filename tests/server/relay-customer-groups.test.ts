import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import type { CommandId, CustomerId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { ownerOf } from '../../shared/features/chat/membership.ts';
import { placeOf } from '../../shared/features/chat/outside.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { HandoverState } from '../../shared/features/customers/handover-schema.ts';
import type { CommandResult } from '../../shared/protocol/messages.ts';
import { until } from '../support/relay-process.ts';
import { startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const guest = (customer: string): MemberId => guestOf(customer as CustomerId);
const [mia, tom] = [guest('mia'), guest('tom')];
let n = 0;
const say = (by: string, room: RoomId, type: string, data: unknown, id = `k${++n}`): Promise<CommandResult> =>
  rig.relay.command(rig.caller(by), { id: id as CommandId, n: ++n, room, type, data });
const outcome = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
  const result = await say(by, room, type, data);
  return result.ok ? 'ok' : result.code;
};
const chatOf = (room: RoomId): ChatState => rig.relay.state(room) as ChatState;
const own = (customer: string): RoomId => rig.room('chat', `customer-${customer}`);
const answer = (customer: string, accept: boolean, group = 'g', name = customer): Promise<string> =>
  outcome(guest(customer), own(customer), 'chat.consent', { group, accept, name });
const ask = (by: string, group: RoomId, ...guests: MemberId[]): Promise<string> =>
  outcome(by, group, 'chat.invite', { guests });

async function begin(customer: string, owner: string, name: string): Promise<void> {
  const consent = { tags: [], language: 'en', consentAt: 5, link: null };
  const data = { ...consent, guest: guest(customer), owner, name };
  await rig.relay.appendFact(rig.room('customer', customer), 'customer.begin', guest(customer), data);
}

/** Ada has Mia and a group, Ben has Tom; Eve has nothing to do with any of it. */
async function start(): Promise<RoomId> {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
  await begin('mia', 'ada', 'Mia Chen, asks for discounts');
  await begin('tom', 'ben', 'Tom');
  const group = rig.room('chat', 'g');
  const data = { type: 'group', title: 'Tea', members: ['ben'], outside: true };
  expect(await outcome('ada', group, 'chat.create', data)).toBe('ok');
  return group;
}

const hasHeard = (page: TestDevice, room: RoomId): boolean =>
  page.rows().some((row) => row.room === room || row.room === `${room}:reads`);

test('[G-7] a guest who was asked reads nothing of the group before they say yes, and all from then on', async () => {
  const group = await start();
  await say('ada', group, 'chat.send', { text: 'what colleagues said before' });
  const page = await rig.device(mia);
  expect((await page.changes(0)).rooms.map(({ room }) => room)).toEqual([own('mia')]);
  expect(await ask('ada', group, mia)).toBe('ok');
  await page.row(own('mia'));
  expect(chatOf(own('mia')).groups).toEqual({ g: { is: 'invited', title: 'Tea', by: 'ada' } });
  await say('ada', group, 'chat.send', { text: 'while she thinks' });
  expect((await page.pull({ room: group })).rooms).toEqual([]);
  expect(rig.relay.mayRead(mia, group).ok).toBe(false);
  expect(rig.relay.mayAttach(mia, group).ok).toBe(false);
  expect(await outcome(mia, group, 'chat.send', { text: 'x' })).toBe('forbidden');
  expect(hasHeard(page, group)).toBe(false);

  expect(await answer('mia', true)).toBe('ok');
  expect(placeOf(chatOf(group), mia)).toBe('in');
  // What the company calls her stays with the company.
  expect(JSON.stringify(rig.relay.entries(null, group, 0, 100))).not.toContain('discounts');
  await say('ben', group, 'chat.send', { text: 'welcome' });
  const { rooms } = await page.pull({ room: group });
  const told = JSON.stringify(rooms);
  expect(told).toContain('welcome');
  expect(told).not.toContain('colleagues said before');
  expect(await outcome(mia, group, 'chat.send', { text: 'hello' })).toBe('ok');
  await rig.restart();
  expect(placeOf(chatOf(group), mia)).toBe('in');
});

test('[G-7] a guest says no, leaves or is taken out, and hears nothing of the group from that turn on', async () => {
  const group = await start();
  await ask('ada', group, mia);
  expect(await answer('mia', false)).toBe('ok');
  expect([placeOf(chatOf(group), mia), chatOf(own('mia')).groups!['g']!.is]).toEqual(['out', 'out']);
  // What was taken back cannot be accepted.
  await ask('ada', group, mia);
  expect(await outcome('ada', group, 'chat.removeMember', { member: mia })).toBe('ok');
  expect(chatOf(own('mia')).groups!['g']!.is).toBe('out');
  expect(await answer('mia', true)).toBe('not-found');

  for (const gone of [
    () => answer('mia', false),
    () => outcome('ada', group, 'chat.removeMember', { member: mia }),
    () => outcome('ada', rig.room('customer', 'mia'), 'customer.end', {}),
  ]) {
    await ask('ada', group, mia);
    expect(await answer('mia', true)).toBe('ok');
    const page = await rig.device(mia);
    await page.changes(0);
    expect(await gone()).toBe('ok');
    await say('ada', group, 'chat.send', { text: 'among ourselves' });
    expect(placeOf(chatOf(group), mia)).toBe('out');
    expect(JSON.stringify(chatOf(own('mia')).groups)).not.toContain('"in"');
    expect(await outcome(mia, group, 'chat.send', { text: 'x' })).toBe('forbidden');
    expect(rig.relay.readable(mia).map(({ room }) => room)).not.toContain(group);
    // Whatever was under way to her page has arrived when something else has.
    await say('ada', rig.room('customer', 'mia'), 'customer.reopen', {});
    await say('ada', own('mia'), 'chat.send', { text: 'for you' });
    expect(
      page
        .rows()
        .map(({ bytes }) => new TextDecoder().decode(bytes))
        .join(),
    ).not.toContain('ourselves');
    page.socket.terminate();
  }
});

test('[G-7] a guest of one group reaches no other, nobody’s file, and does nothing there but speak', async () => {
  const group = await start();
  const other = rig.room('chat', 'h');
  await say('ben', other, 'chat.create', { type: 'group', title: 'H', members: ['eve'], outside: true });
  await ask('ben', other, tom);
  await ask('ada', group, mia);
  await ask('ben', group, tom);
  for (const each of ['mia', 'tom']) expect(await answer(each, true)).toBe('ok');
  expect(await answer('mia', true, 'h')).toBe('not-found');
  expect(await outcome(tom, own('mia'), 'chat.consent', { group: 'g', accept: false, name: '' })).toBe(
    'forbidden',
  );
  for (const room of [other, own('tom'), rig.room('customer', 'tom'), rig.room('customer', 'mia')]) {
    expect(rig.relay.mayRead(mia, room).ok, room).toBe(false);
    expect(await outcome(mia, room, 'chat.send', { text: 'x' }), room).not.toBe('ok');
  }
  await say('ada', group, 'chat.send', { text: 'x' }, 'said');
  const target = { seq: chatOf(group).last!.seq, id: 'said' };
  const refused: [string, unknown][] = [
    ['chat.invite', { guests: [tom] }],
    ['chat.addMembers', { members: ['eve'] }],
    ['chat.removeMember', { member: tom }],
    ['chat.rename', { title: 'Mine' }],
    ['chat.set', { writes: 'managers' }],
    ['chat.door', { code: 'k'.repeat(20), on: true, until: null }],
    ['chat.link', { key: 'k'.repeat(20) }],
    ['chat.announce', { text: 'x' }],
    ['chat.pin', { target, on: true }],
    ['chat.urge', { target, members: ['ada'] }],
    ['chat.transfer', { member: mia }],
    ['chat.dissolve', {}],
    ['chat.leave', {}],
    ['chat.recall', { target }],
    ['chat.edit', { target, text: 'never said' }],
    ['chat.send', { text: 'x', all: true }],
  ];
  for (const [type, data] of refused)
    expect([type, await outcome(mia, group, type, data)]).toEqual([type, 'forbidden']);
  for (const type of ['chat.enter', 'chat.depart', 'chat.place'])
    expect([type, await outcome(mia, group, type, { guest: tom, name: 'x' })]).toEqual([type, 'bad-request']);
  // Whoever says it, the relay stamps who it was.
  await say(mia, group, 'chat.send', { text: 'by ada', by: 'ada' });
  expect(chatOf(group).last).toMatchObject({ by: mia });
});

test('[G-7] only whoever works with a customer asks them, and nobody makes a group of members one for guests', async () => {
  const group = await start();
  expect(await ask('ada', group, tom)).toBe('member-not-found');
  expect(await ask('eve', group, mia)).toBe('forbidden');
  expect(await outcome('ada', group, 'chat.addMembers', { members: [mia] })).toBe('member-not-found');
  const inside = rig.room('chat', 'inside');
  await say('ada', inside, 'chat.create', { type: 'group', title: '', members: ['ben'] });
  expect(await ask('ada', inside, mia)).toBe('forbidden');
  expect(Object.keys(chatOf(inside).members)).toEqual(['ada', 'ben']);
});

test('what one guest sends beyond their day stops nobody else in the group', async () => {
  rig = await startRig({ bounds: { guestCommands: 6 } });
  await rig.people('ada', 'eve');
  for (const each of ['mia', 'tom']) await begin(each, 'ada', each);
  const group = rig.room('chat', 'g');
  await say('ada', group, 'chat.create', { type: 'group', title: '', members: ['eve'], outside: true });
  await ask('ada', group, mia, tom);
  for (const each of ['mia', 'tom']) expect(await answer(each, true)).toBe('ok');
  // What they say alone with the company counts with it.
  for (let i = 0; i < 2; i++) await say(mia, own('mia'), 'chat.send', { text: 'x' });
  const flood: string[] = [];
  for (let i = 0; i < 5; i++) flood.push(await outcome(mia, group, 'chat.send', { text: 'x' }));
  expect(flood).toEqual(['ok', 'ok', 'ok', 'too-many-requests', 'too-many-requests']);
  expect(await outcome(tom, group, 'chat.send', { text: 'me too' })).toBe('ok');
  expect(await outcome('ada', group, 'chat.send', { text: 'and I' })).toBe('ok');
});

test('whoever gets a customer by a handover comes into their groups, and gets those of the giver', async () => {
  const group = await start();
  const other = rig.room('chat', 'h');
  const data = { type: 'group', title: 'H', members: ['ada'], outside: true };
  expect(await outcome('ben', other, 'chat.create', data)).toBe('ok');
  for (const room of [group, other]) expect(await ask('ada', room, mia)).toBe('ok');
  expect(await answer('mia', true)).toBe('ok');
  const all = { from: 'ada', customers: null, words: null, keep: false };
  const to = { members: ['eve'], rule: 'turns' };
  expect(await outcome('ada', rig.room('handover', 'x'), 'handover.begin', { ...all, to })).toBe('ok');
  await until(
    'it is over',
    () => (rig.relay.state(rig.room('handover', 'x')) as HandoverState).over !== null,
  );
  expect([ownerOf(chatOf(group)), Object.keys(chatOf(group).members).includes('eve')]).toEqual(['eve', true]);
  // Where she was one of the members the group stays whose it is.
  expect([ownerOf(chatOf(other)), Object.keys(chatOf(other).members).includes('eve')]).toEqual(['ben', true]);
  expect(await outcome('eve', group, 'chat.removeMember', { member: mia })).toBe('ok');
});
