import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import type { CommandId, CustomerId, RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { areSaidToDiffer } from '../../shared/features/customers/merge.ts';
import { startRig, type Rig } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

let n = 0;
const outcome = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
  n++;
  const command = { id: `f${n}` as CommandId, n, room, type, data };
  const result = await rig.relay.command(rig.caller(by), command);
  return result.ok ? 'ok' : result.code;
};
const file = (id: string): RoomId => rig.room('customer', id);
const stateOf = (id: string): CustomerState => rig.relay.state(file(id)) as CustomerState;
const as = (id: string) => ({ id, state: stateOf(id) });
const peopleIn = (id: string): string[] =>
  Object.keys((rig.relay.state(rig.room('chat', `customer-${id}`)) as ChatState).members).sort();
const guest = (id: string): string => guestOf(id as CustomerId);

async function begin(id: string, owner: string, name: string, tags: string[] = []): Promise<void> {
  const data = { link: null, guest: guest(id), owner, name, tags, language: 'en', consentAt: 5 };
  await rig.relay.appendFact(file(id), 'customer.begin', guest(id) as never, data);
}

async function start(): Promise<void> {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
}

test('a member writes a customer down, for themself alone and once', async () => {
  await start();
  const said = { values: { name: 'Mia', phone: '+86 1' }, tags: ['vip'], stage: 'talk', source: 'fair' };
  expect(await outcome('ben', file('w1'), 'customer.create', { ...said, owner: 'eve' })).toBe('forbidden');
  expect(await outcome('ben', file('w1'), 'customer.create', { ...said, values: {} })).toBe('bad-request');
  expect(await outcome('ben', file('x'.repeat(41)), 'customer.create', said)).toBe('bad-request');
  expect(await outcome('ben', file('w1'), 'customer.create', said)).toBe('ok');
  expect(stateOf('w1')).toMatchObject({
    owner: 'ben',
    name: 'Mia',
    tags: ['vip'],
    stage: 'talk',
    guest: null,
  });
  expect(await outcome('eve', file('w1'), 'customer.create', said)).toBe('already-exists');
  expect(await outcome('eve', file('w1'), 'customer.note', { text: 'x' })).toBe('forbidden');
  expect(rig.store.room(rig.room('chat', 'customer-w1'))).toBeNull();
  expect(await outcome(guest('w1'), file('w2'), 'customer.create', said)).not.toBe('ok');
});

test('what a table says of a customer fills what is empty, and stands beside what differs', async () => {
  await start();
  await outcome('ben', file('w1'), 'customer.create', { values: { name: 'Mia', phone: '1' }, tags: ['a'] });
  const more = { values: { phone: '2', company: 'Nanhe' }, tags: ['b'] };
  expect(await outcome('ben', file('w1'), 'customer.fill', more)).toBe('ok');
  expect(stateOf('w1')).toMatchObject({ phone: '1', company: 'Nanhe', tags: ['a', 'b'] });
  expect(stateOf('w1').conflicts['phone']?.map(({ value }) => value)).toEqual(['1', '2']);
  expect(await outcome('eve', file('w1'), 'customer.fill', more)).toBe('forbidden');
});

test('two files of one customer become one in one commit, with both conversations, and two again', async () => {
  await start();
  await begin('c1', 'ben', 'Mia', ['a']);
  await begin('c2', 'ben', 'Mia M', ['a', 'b']);
  await outcome('ben', file('c1'), 'customer.set', { field: 'phone', value: '1', seen: -1 });
  await outcome('ben', file('c2'), 'customer.set', { field: 'phone', value: '2', seen: -1 });
  await outcome('ben', file('c2'), 'customer.set', { field: 'mail', value: 'm@x', seen: -1 });
  await outcome('ben', file('c2'), 'customer.help', { add: ['eve'], remove: [] });
  await outcome('ben', file('c2'), 'customer.followUp', { text: 'later', how: 'call', next: 900 });

  // Whoever reads only one of them merges nothing, and does not learn of the other.
  await begin('c3', 'eve', 'Zoe');
  for (const other of ['c3', 'none', 'c1'])
    expect(await outcome('ben', file('c1'), 'customer.merge', { other })).toBe(
      other === 'c1' ? 'bad-request' : 'room-not-found',
    );
  expect(await outcome('eve', file('c3'), 'customer.merge', { other: 'c2' })).toBe('forbidden');
  // What somebody says of the other file is not believed.
  const forged = { values: [{ field: 'mail', value: 'evil', by: 'ada', at: 1 }], tags: [], staff: ['ada'] };
  const lies = { other: 'c2', brought: { ...forged, stage: null, next: null } };
  expect(await outcome('ben', file('c1'), 'customer.merge', lies)).toBe('ok');

  const one = stateOf('c1');
  expect(one).toMatchObject({ mail: 'm@x', phone: '1', tags: ['a', 'b'], helpers: ['eve'] });
  expect(one.said['mail']).toMatchObject({ by: 'ben' });
  expect(one.conflicts['phone']?.map(({ value }) => value)).toEqual(['1', '2']);
  expect(one.conflicts['name']?.map(({ value }) => value)).toEqual(['Mia', 'Mia M']);
  expect(one.next).toMatchObject({ at: 900, text: 'later' });
  expect(stateOf('c2')).toMatchObject({ into: 'c1', owner: 'ben', helpers: ['eve'], phone: '2' });

  // Who works with the one works with both, in the same moment; each guest goes on in their own conversation.
  expect(await outcome('ben', file('c1'), 'customer.assign', { owner: 'ada' })).toBe('ok');
  expect(peopleIn('c1')).toEqual(['ada', 'eve', guest('c1')]);
  expect(peopleIn('c2')).toEqual(['ada', 'eve', guest('c2')]);
  expect(await outcome(guest('c2'), rig.room('chat', 'customer-c2'), 'chat.send', { text: 'hi' })).toBe('ok');
  expect(await outcome('ada', rig.room('chat', 'customer-c2'), 'chat.send', { text: 'hi' })).toBe('ok');
  expect(await outcome('ben', rig.room('chat', 'customer-c2'), 'chat.send', { text: 'x' })).toBe('forbidden');
  for (const [type, data] of [
    ['customer.assign', { owner: 'eve' }],
    ['customer.set', { field: 'phone', value: '3', seen: 0 }],
    ['customer.merge', { other: 'c1' }],
  ] as const)
    expect(await outcome('ada', file('c2'), type, data)).toBe('customer-merged');
  await rig.restart();
  expect(peopleIn('c2')).toEqual(['ada', 'eve', guest('c2')]);

  await outcome('ada', file('c1'), 'customer.settle', { field: 'name', value: 'Mia M' });
  expect(await outcome('ben', file('c1'), 'customer.split', { other: 'c2' })).toBe('forbidden');
  expect(await outcome('ada', file('c1'), 'customer.split', { other: 'c2' })).toBe('ok');
  expect(stateOf('c1')).toMatchObject({ name: 'Mia M', phone: '1', mail: '', tags: ['a'], helpers: [] });
  expect(stateOf('c1').conflicts).toEqual({});
  expect(stateOf('c2').into).toBeUndefined();
  expect(stateOf('c2')).toMatchObject({ owner: 'ada', helpers: ['eve'], phone: '2', mail: 'm@x' });
  expect(peopleIn('c1')).toEqual(['ada', guest('c1')]);
  // From now on each goes its own way.
  expect(await outcome('ada', file('c1'), 'customer.assign', { owner: 'ben' })).toBe('ok');
  expect(peopleIn('c2')).toEqual(['ada', 'eve', guest('c2')]);
});

test('a customer who is ended is ended in all of their conversations, but for what a guest ended', async () => {
  await start();
  for (const id of ['c1', 'c2', 'c3']) await begin(id, 'ben', 'Mia');
  await rig.relay.appendFact(file('c3'), 'customer.end', guest('c3') as never, {});
  for (const other of ['c2', 'c3'])
    expect(await outcome('ben', file('c1'), 'customer.merge', { other })).toBe('ok');
  const says = (id: string) =>
    outcome(guest(id), rig.room('chat', `customer-${id}`), 'chat.send', { text: 'x' });
  expect(await says('c2')).toBe('ok');
  expect(await outcome('ben', file('c1'), 'customer.end', {})).toBe('ok');
  for (const id of ['c1', 'c2', 'c3']) expect(await says(id)).toBe('forbidden');
  await rig.restart();
  expect(await says('c2')).toBe('forbidden');
  expect(await outcome('ben', file('c1'), 'customer.reopen', {})).toBe('ok');
  expect([await says('c1'), await says('c2'), await says('c3')]).toEqual(['ok', 'ok', 'forbidden']);
  // Who ends their own conversation ends nobody else's: they may have been taken for one by mistake.
  await rig.relay.appendFact(file('c1'), 'customer.end', guest('c1') as never, {});
  expect([await says('c1'), await says('c2')]).toEqual(['forbidden', 'ok']);
});

test('who reads two customers says that they are not one, and takes it back', async () => {
  await start();
  await begin('c1', 'ben', 'Mia');
  await begin('c2', 'ben', 'Mia');
  await begin('c3', 'eve', 'Mia');
  const differ = (who: string, of: string, other: string, on = true) =>
    outcome(who, file(of), 'customer.differ', { other, on });
  // Whoever reads only one of them says nothing of the other, and does not learn whether it is there.
  for (const other of ['c3', 'none']) expect(await differ('ben', 'c1', other)).toBe('room-not-found');
  expect(await differ('ben', 'c1', 'c1')).toBe('bad-request');
  expect(await differ('eve', 'c1', 'c3')).toBe('forbidden');
  expect(await differ('ben', 'c1', 'c2')).toBe('ok');
  expect(await differ('ben', 'c1', 'c2')).toBe('ok');
  expect(stateOf('c1').differs).toEqual(['c2']);
  expect(stateOf('c2').differs).toBeUndefined();
  // It goes along with the file, and whoever has it then may take it back without reading the other one.
  await outcome('ben', file('c1'), 'customer.assign', { owner: 'eve' });
  await rig.restart();
  expect(areSaidToDiffer(as('c2'), as('c1'))).toBe(true);
  expect(await differ('eve', 'c1', 'c2', false)).toBe('ok');
  expect(areSaidToDiffer(as('c1'), as('c2'))).toBe(false);
  expect(await differ('eve', 'c1', 'c2')).toBe('room-not-found');
  // Two that are one after all are not two.
  await outcome('eve', file('c1'), 'customer.assign', { owner: 'ben' });
  expect(await differ('ben', 'c1', 'c2')).toBe('ok');
  expect(await outcome('ben', file('c1'), 'customer.merge', { other: 'c2' })).toBe('ok');
  expect(areSaidToDiffer(as('c1'), as('c2'))).toBe(false);
});

test('only an administrator brings a file from elsewhere, whole and in order, and nobody reads it before', async () => {
  await start();
  const begun = { link: null, guest: guest('i1'), owner: 'ben', name: 'Mia', tags: [], language: 'en' };
  const line = (n: number, type: string, data: unknown, by = 'eve') => ({
    ...{ n, id: `old-${n}`, type, by, at: 10 + n, data },
  });
  const first = line(0, 'customer.begin', { ...begun, consentAt: 1 }, guest('i1'));
  expect(await outcome('ben', file('i1'), 'customer.import', first)).toBe('forbidden');
  const bring = (entry: unknown) => outcome('ada', file('i1'), 'customer.import', entry);
  expect(await bring(line(0, 'customer.note', { text: 'x' }))).toBe('bad-request');
  expect(await bring(line(1, 'customer.note', { text: 'x' }))).toBe('import-incomplete');
  expect(await bring({ ...first, type: 'chat.send' })).toBe('bad-request');
  expect(await bring(first)).toBe('ok');
  expect(await bring(first)).toBe('import-incomplete');
  expect(await bring(line(1, 'customer.import', first))).toBe('bad-request');
  expect(await outcome('ben', file('i1'), 'customer.note', { text: 'x' })).toBe('forbidden');
  expect(await outcome('ada', file('i1'), 'customer.note', { text: 'x' })).toBe('import-running');
  expect(await outcome('ben', file('i1'), 'customer.create', { values: { name: 'x' }, tags: [] })).toBe(
    'already-exists',
  );
  expect(peopleIn('i1')).toEqual(['ada', guest('i1')]);
  // What was said elsewhere is its importer's word, and nobody else's.
  const said = { n: 0, id: 'm0', name: 'Mia', member: guest('i1'), at: 12 };
  const chat = rig.room('chat', 'customer-i1');
  expect(await outcome('ben', chat, 'chat.import', { text: 'hi', imported: said })).toBe('forbidden');
  expect(await outcome(guest('i1'), chat, 'chat.send', { text: 'hi' })).toBe('import-running');
  expect(await outcome('ada', chat, 'chat.import', { text: 'hi', imported: said })).toBe('ok');
  expect(await outcome('ada', chat, 'chat.send', { text: 'hi' })).toBe('import-running');
  expect(await bring(line(1, 'customer.note', { text: 'likes boats' }))).toBe('ok');
  expect(await outcome('ben', file('i1'), 'customer.imported', {})).toBe('forbidden');
  expect(await outcome('ada', file('i1'), 'customer.imported', {})).toBe('ok');
  expect(stateOf('i1')).toMatchObject({ owner: 'ben', begun: { by: guest('i1'), at: 10 } });
  expect(stateOf('i1').lastNote).toMatchObject({ by: 'eve', at: 11, seq: 1, id: 'old-1' });
  expect(peopleIn('i1')).toEqual(['ben', guest('i1')]);
  expect(await outcome('ben', chat, 'chat.send', { text: 'hi again' })).toBe('ok');
  expect(await bring(line(2, 'customer.note', { text: 'x' }))).toBe('already-exists');
  expect(await outcome('ada', chat, 'chat.import', { text: 'x', imported: { ...said, n: 1 } })).toBe(
    'forbidden',
  );
});
