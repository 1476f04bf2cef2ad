import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import type { CommandId, CustomerId, RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import type { CommandResult } from '../../shared/protocol/messages.ts';
import { member, startRig, type Rig } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const customer = 'c1' as CustomerId;
const guest = guestOf(customer);
const begun = {
  link: { id: 'l1', name: 'Shop', source: 'web' },
  guest,
  owner: 'ada',
  name: 'Mia',
  tags: ['vip'],
  language: 'en',
  consentAt: 5,
};

let n = 0;
const say = (by: string, room: RoomId, type: string, data: unknown): Promise<CommandResult> => {
  n++;
  return rig.relay.command(rig.caller(by), { id: `k${n}` as CommandId, n, room, type, data });
};
const outcome = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
  const result = await say(by, room, type, data);
  return result.ok ? 'ok' : result.code;
};

async function start(): Promise<{ file: RoomId; chat: RoomId }> {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
  const file = rig.room('customer', customer);
  await rig.relay.appendFact(file, 'customer.begin', guest, begun);
  return { file, chat: rig.room('chat', `customer-${customer}`) };
}
const chatOf = (room: RoomId): ChatState => rig.relay.state(room) as ChatState;
const membersOf = (room: RoomId): string[] => Object.keys(chatOf(room).members).sort();

test('[G-4] a customer’s file makes their conversation, and who is in it follows the file', async () => {
  const { file, chat } = await start();
  expect(chatOf(chat)).toMatchObject({ type: 'customer', guest, guests: { [guest]: { name: 'Mia' } } });
  expect(membersOf(chat)).toEqual(['ada', guest]);
  expect(await outcome('ada', file, 'customer.help', { add: ['ben'], remove: [] })).toBe('ok');
  expect(membersOf(chat)).toEqual(['ada', 'ben', guest]);
  expect(await outcome('ada', file, 'customer.assign', { owner: 'eve' })).toBe('ok');
  expect(membersOf(chat)).toEqual(['ben', 'eve', guest]);
  expect(await outcome('ada', file, 'customer.note', { text: 'x' })).toBe('forbidden');
  expect(await outcome('eve', file, 'customer.set', { field: 'name', value: 'Mia M', seen: 0 })).toBe('ok');
  expect(chatOf(chat).guests).toEqual({ [guest]: { name: 'Mia M' } });
  expect((rig.relay.state(file) as CustomerState).conflicts).toEqual({});
  await rig.restart();
  expect(membersOf(chat)).toEqual(['ben', 'eve', guest]);
});

test('[G-2] a guest talks in their conversation and does nothing else anywhere', async () => {
  const { file, chat } = await start();
  await say('ada', rig.room('doc', 'd', 'about'), 'doc.create', { title: 'T' });
  await say('ada', rig.room('chat', 'g'), 'chat.create', { type: 'group', title: 'G', members: ['ben'] });
  expect(await outcome(guest, chat, 'chat.send', { text: 'hello' })).toBe('ok');
  expect(
    await outcome(guest, rig.room('chat', `customer-${customer}`, 'reads'), 'chat.read', { upTo: 1 }),
  ).toBe('ok');
  const refused: [RoomId, string, unknown][] = [
    [chat, 'chat.rename', { title: 'x' }],
    [chat, 'chat.addMembers', { members: ['eve'] }],
    [chat, 'chat.removeMember', { member: 'ada' }],
    [chat, 'chat.leave', {}],
    [chat, 'chat.pin', { target: { seq: 1, id: 'k1' }, on: true }],
    [chat, 'chat.announce', { text: 'x' }],
    [chat, 'chat.set', { writes: 'managers' }],
    [chat, 'chat.dissolve', {}],
    [chat, 'chat.urge', { target: { seq: 1, id: 'k1' }, members: ['ada'] }],
    [chat, 'chat.send', { text: 'x', all: true }],
    [chat, 'chat.send', { text: 'x', forwarded: { by: 'ada' } }],
    [chat, 'chat.send', { text: '', record: { title: 't', items: [{ by: 'ada', at: 1, text: 'x' }] } }],
    [rig.room('chat', 'g'), 'chat.send', { text: 'x' }],
    [rig.room('chat', 'new'), 'chat.create', { type: 'group', title: '', members: ['ada'] }],
    [rig.room('doc', 'd2', 'about'), 'doc.create', { title: 'T' }],
    [rig.room('doc', 'd', 'about'), 'doc.rename', { title: 'T' }],
    [rig.room('directory', 'main'), 'member.profile', { name: 'x' }],
    [rig.room('directory', 'main'), 'workspace.rename', { name: 'x' }],
    [rig.room('customers', 'main'), 'customers.texts', { privacy: 'x' }],
    [rig.room('personal', guest), 'list.chat', { chat: 'a', pinned: true }],
    [file, 'customer.note', { text: 'x' }],
    [file, 'customer.end', {}],
  ];
  for (const [room, type, data] of refused)
    expect([type, await outcome(guest, room, type, data)]).toEqual([type, 'forbidden']);
  const doc = rig.room('doc', 'd');
  for (const room of [
    doc,
    rig.room('doc', 'd', 'about'),
    rig.room('directory', 'main'),
    file,
    rig.room('scratch', 's'),
    rig.room('customers', 'main'),
  ]) {
    expect(rig.relay.mayRead(guest, room).ok, room).toBe(false);
    expect(rig.relay.mayWrite(guest, room).ok, room).toBe(false);
    expect(rig.relay.mayAttach(guest, room).ok, room).toBe(false);
  }
  expect(rig.relay.mayAttach(guest, chat).ok).toBe(true);
  const readable = rig.relay.readable(guest).map(({ room }) => room as string);
  expect(readable.sort()).toEqual([chat, `${chat}:reads`]);
});

test('no member makes, joins, leaves or empties a customer’s conversation by a command', async () => {
  const { chat } = await start();
  expect(
    await outcome('ada', rig.room('chat', 'customer-x'), 'chat.create', {
      type: 'group',
      title: '',
      members: ['ben'],
    }),
  ).toBe('bad-request');
  expect(await outcome('ada', chat, 'chat.addMembers', { members: ['ben'] })).toBe('forbidden');
  expect(await outcome('ada', chat, 'chat.removeMember', { member: guest })).toBe('forbidden');
  expect(await outcome('ada', chat, 'chat.leave', {})).toBe('forbidden');
  expect(
    await outcome('ada', rig.room('chat', 'h'), 'chat.create', {
      type: 'group',
      title: '',
      members: [guest],
    }),
  ).toBe('member-not-found');
  expect(await outcome('eve', chat, 'chat.send', { text: 'x' })).toBe('forbidden');
});

test('[G-3] [G-5] the device of a guest hears of its conversation, of nobody who is online, and ends with the customer', async () => {
  const { file, chat } = await start();
  await say('ada', rig.room('doc', 'd', 'about'), 'doc.create', { title: 'T' });
  const page = await rig.device(guest);
  const ada = await rig.device('ada');
  await ada.until('presence', ({ online }) => online.includes(member('ada')));
  const { rooms } = await page.changes(0);
  expect(rooms.map(({ room }) => room)).toEqual([chat]);
  await say('ada', rig.room('customers', 'main'), 'customers.texts', { privacy: 'secret words' });
  await say('ada', chat, 'chat.send', { text: 'for the guest' });
  await page.row(chat);
  expect(new Set(page.rows().map(({ room }) => room))).toEqual(new Set([chat]));
  expect(page.said.map(({ type }) => type)).not.toContain('presence');
  expect(JSON.stringify(ada.said.filter(({ type }) => type === 'presence'))).not.toContain(guest);
  const others = [rig.room('doc', 'd', 'about'), rig.room('directory', 'main'), file];
  const pulled = await page.pull(...others.map((room) => ({ room })));
  expect(pulled.rooms).toEqual([]);
  for (const room of others) expect(await page.history(room, 10, 10)).toBeNull();
  expect(await outcome('ada', file, 'customer.end', {})).toBe('ok');
  expect(await page.ended).toBe(4401);
  expect(await outcome(guest, chat, 'chat.send', { text: 'x' })).toBe('forbidden');
  expect(await outcome('ada', chat, 'chat.send', { text: 'x' })).toBe('customer-ended');
  expect(await outcome('ada', file, 'customer.reopen', {})).toBe('ok');
  expect(await outcome(guest, chat, 'chat.send', { text: 'back' })).toBe('ok');
});

test('facts of one commit are all stored or none', async () => {
  const { file, chat } = await start();
  const settings = rig.room('customers', 'main');
  const facts = [
    { room: file, type: 'customer.introduce', by: guest, data: { name: 'Other' } },
    { room: settings, type: 'customers.begun', by: guest, data: { link: 'l1', owner: 'ada' } },
  ];
  const fail = (): void => {
    throw new Error('the disk');
  };
  await expect(rig.relay.appendFacts(facts, fail)).rejects.toThrow('the disk');
  expect(chatOf(chat).guests).toEqual({ [guest]: { name: 'Mia' } });
  expect((rig.relay.state(file) as CustomerState).name).toBe('Mia');
  await rig.relay.appendFacts(facts);
  expect(chatOf(chat).guests).toEqual({ [guest]: { name: 'Other' } });
  expect(rig.store.room(settings)?.rows).toBe(1);
});
