import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import { type CommandId, type CustomerId, type RoomId } from '../../shared/base/ids.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { undoWithin, type HandoverState } from '../../shared/features/customers/handover-schema.ts';
import type { SettingsState } from '../../shared/features/customers/settings-schema.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { TodosState } from '../../shared/features/personal/schema.ts';
import type { CommandResult } from '../../shared/protocol/messages.ts';
import { member, startRig, type Rig } from './relay-rig.ts';
import { until } from '../support/relay-process.ts';

let rig: Rig;
afterEach(() => rig.stop());

let n = 0;
const say = (by: string, room: RoomId, type: string, data: unknown): Promise<CommandResult> => {
  n++;
  return rig.relay.command(rig.caller(by), { id: `k${n}` as CommandId, n, room, type, data });
};
const outcome = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
  const result = await say(by, room, type, data);
  return result.ok ? 'ok' : result.code;
};

const file = (id: string): RoomId => rig.room('customer', id);
const chat = (id: string): RoomId => rig.room('chat', `customer-${id}`);
const handover = (id: string): RoomId => rig.room('handover', id);
const fileOf = (id: string): CustomerState => rig.relay.state(file(id)) as CustomerState;
const chatOf = (id: string): ChatState => rig.relay.state(chat(id)) as ChatState;
const stateOf = (id: string): HandoverState => rig.relay.state(handover(id)) as HandoverState;
const todosOf = (who: string): TodosState =>
  rig.relay.state(rig.room('personal', who, 'todos')) as TodosState;
const textsOf = (id: string): string[] =>
  rig.relay
    .entries(null, chat(id), 0, 1_000)
    .flatMap(({ type, data }) => (type === 'chat.send' ? [(data as { text: string }).text] : []));

const begun = (id: string, owner: string, language: 'en' | 'zh' = 'en') => ({
  room: file(id),
  type: 'customer.begin',
  by: guestOf(id as CustomerId),
  data: {
    ...{ link: null, guest: guestOf(id as CustomerId), owner, name: `N${id}`, tags: [], language },
    consentAt: 5,
  },
});

/** Ada owns the company; ben, cem and dia sell; cus are ben's. */
async function start(customers: number, clock?: { now(): number }): Promise<string[]> {
  rig = await startRig(clock ? { clock } : {});
  await rig.people('ada', 'ben', 'cem', 'dia');
  const ids = Array.from({ length: customers }, (_, i) => `c${i}`);
  for (let i = 0; i < ids.length; i += 100)
    await rig.relay.appendFacts(ids.slice(i, i + 100).map((id) => begun(id, 'ben')));
  return ids;
}
const to = (...members: string[]) => ({ members, rule: 'turns' });
const all = { from: 'ben', customers: null, words: null, keep: false };
const over = (id: string): Promise<unknown> => until(`${id} is over`, () => stateOf(id).over !== null);
const undone = (id: string): Promise<unknown> =>
  until(`${id} is undone`, () => stateOf(id).undo?.over != null);

test('a handover takes file, conversation, what is planned and open to-dos along, and tells the customer', async () => {
  await start(2);
  await rig.relay.appendFacts([begun('z', 'ben', 'zh')]);
  await say('ada', rig.room('customers', 'main'), 'customers.texts', { ended: 'x' });
  await say('ben', file('c0'), 'customer.note', { text: 'likes tea' });
  await say('ben', file('c0'), 'customer.followUp', { text: 'call', how: 'call', next: 9_000 });
  await say('ben', file('c0'), 'customer.tag', { add: ['vip'], remove: [] });
  const todos = rig.room('personal', 'ben', 'todos');
  const source = { chat: 'customer-c0', message: 'm', seq: 1 };
  await say('ben', todos, 'todo.add', { id: 't1', text: 'send the offer', due: 7, source });
  await say('ben', todos, 'todo.add', { id: 't2', text: 'done already', source });
  await say('ben', todos, 'todo.change', { id: 't2', done: true });
  await say('ben', todos, 'todo.add', { id: 't3', text: 'own thing' });
  const device = await rig.device('ben');

  expect(await outcome('ben', handover('h'), 'handover.begin', { ...all, to: to('cem') })).toBe('ok');
  await over('h');
  for (const id of ['c0', 'c1', 'z']) {
    expect(fileOf(id)).toMatchObject({ owner: 'cem', helpers: [] });
    expect(Object.keys(chatOf(id).members).sort()).toEqual(['cem', guestOf(id as CustomerId)]);
  }
  expect(fileOf('c0')).toMatchObject({ tags: ['vip'], next: { text: 'call', at: 9_000 } });
  expect(fileOf('c0').lastNote).toMatchObject({ text: 'likes tea', by: 'ben' });
  expect(textsOf('c0')).toEqual([expect.stringMatching(/^Hello, cem .* ben\./)]);
  expect(textsOf('z')).toEqual([expect.stringContaining('由cem接替ben')]);
  expect(Object.keys(todosOf('ben').items).sort()).toEqual(['t2', 't3']);
  expect(todosOf('cem').items['t1']).toMatchObject({ text: 'send the offer', due: 7, source, done: null });
  expect(stateOf('h')).toMatchObject({ left: [], isAll: true });
  expect(
    stateOf('h')
      .moved.map(({ customer }) => customer)
      .sort(),
  ).toEqual(['c0', 'c1', 'z']);

  // Whoever gave them reads nothing of them any more, on a device that is open as well.
  await device.until('lost', ({ room }) => room === file('c0'));
  await device.until('lost', ({ room }) => room === chat('c0'));
  expect(await outcome('ben', chat('c0'), 'chat.send', { text: 'still here?' })).toBe('forbidden');
  expect(await outcome('ben', file('c0'), 'customer.note', { text: 'x' })).toBe('forbidden');
  expect(await outcome('cem', chat('c0'), 'chat.send', { text: 'hello' })).toBe('ok');
});

test('a company’s own words, words for this once, and none at all', async () => {
  await start(3);
  const texts = { handover: '{company}: {to} for {from}, {to} $& {from}' };
  expect(await outcome('ada', rig.room('customers', 'main'), 'customers.texts', texts)).toBe('ok');
  const one = (customer: string, words: string | null) => ({
    ...{ from: 'ben', customers: [customer], to: to('cem'), words, keep: true },
  });
  await say('ben', handover('h0'), 'handover.begin', one('c0', null));
  await say('ben', handover('h1'), 'handover.begin', one('c1', 'Bye, {to} is here'));
  await say('ben', handover('h2'), 'handover.begin', one('c2', ''));
  for (const id of ['h0', 'h1', 'h2']) await over(id);
  expect(textsOf('c0')).toEqual([': cem for ben, cem $& ben']);
  expect(textsOf('c1')).toEqual(['Bye, cem is here']);
  expect(textsOf('c2')).toEqual([]);
  expect(fileOf('c0')).toMatchObject({ owner: 'cem', helpers: ['ben'] });
  expect(await outcome('ben', chat('c0'), 'chat.send', { text: 'I stay to help' })).toBe('ok');
});

test('several receivers take turns, or whoever has fewest; who has left takes none', async () => {
  const ids = await start(12);
  await rig.relay.appendFacts(['d0', 'd1', 'd2', 'd3'].map((id) => begun(id, 'cem')));
  const half = { from: 'ben', words: '', keep: false };
  const turns = { ...half, customers: ids.slice(0, 4), to: to('cem', 'dia') };
  await say('ben', handover('h'), 'handover.begin', turns);
  await over('h');
  expect(ids.slice(0, 4).map((id) => fileOf(id).owner)).toEqual(['cem', 'dia', 'cem', 'dia']);
  const load = { ...half, customers: ids.slice(4, 10), to: { members: ['cem', 'dia'], rule: 'load' } };
  await say('ben', handover('i'), 'handover.begin', load);
  await over('i');
  expect(ids.slice(4, 10).map((id) => fileOf(id).owner)).toEqual(['dia', 'dia', 'dia', 'dia', 'cem', 'dia']);
  await say('ada', rig.room('directory', 'main'), 'member.remove', { member: 'dia' });
  expect(await outcome('ben', handover('j'), 'handover.begin', { ...all, to: to('dia') })).toBe(
    'member-not-found',
  );
});

test('who left without helpers is handed over by an administrator, and reads nothing in that second', async () => {
  await start(3);
  const device = await rig.device('ben');
  await say('ada', rig.room('directory', 'main'), 'member.remove', { member: 'ben' });
  expect(await device.ended).toBe(4401);
  expect(await outcome('ben', chat('c0'), 'chat.send', { text: 'x' })).toBe('forbidden');
  expect(await outcome('dia', handover('h'), 'handover.begin', { ...all, to: to('dia') })).toBe('forbidden');
  expect(await outcome('ada', handover('h'), 'handover.begin', { ...all, to: to('cem') })).toBe('ok');
  await over('h');
  expect(fileOf('c2').owner).toBe('cem');
  expect(await outcome(guestOf('c2' as CustomerId), chat('c2'), 'chat.send', { text: 'hi' })).toBe('ok');
  expect(await outcome('cem', chat('c2'), 'chat.send', { text: 'hello' })).toBe('ok');
  expect(await outcome('ada', handover('h'), 'handover.undo', {})).toBe('member-not-found');
});

test('nobody hands over customers of others, twice, or more than there are', async () => {
  await start(2);
  await rig.relay.appendFacts([begun('x', 'dia')]);
  const named = (customers: string[], from = 'ben') => ({
    ...{ from, customers, to: to('cem'), words: '', keep: false },
  });
  // Somebody else's customers under one's own name: nothing happens to them.
  expect(await outcome('ben', handover('h'), 'handover.begin', named(['x', 'nobody', 'c0']))).toBe('ok');
  await over('h');
  expect(fileOf('x').owner).toBe('dia');
  expect(stateOf('h').moved.map(({ customer }) => customer)).toEqual(['c0']);
  expect(stateOf('h').left).toEqual([
    { customer: 'x', why: 'not-theirs' },
    { customer: 'nobody', why: 'not-theirs' },
  ]);
  expect(await outcome('ben', handover('h2'), 'handover.begin', named(['x'], 'dia'))).toBe('forbidden');
  expect(await outcome('ben', handover('h'), 'handover.begin', named(['c1']))).toBe('already-exists');
  expect(await outcome('ben', handover('s'), 'handover.begin', { ...all, to: to('ben') })).toBe(
    'bad-request',
  );
  expect(await outcome('ben', handover('s'), 'handover.begin', named(['c1', 'c1']))).toBe('bad-request');
  expect(await outcome('ben', handover('s'), 'handover.begin', named([]))).toBe('bad-request');
  const forged = ['handover.moved', { moved: [{ customer: 'c1', to: 'cem' }], left: [] }] as const;
  expect(await outcome('ben', handover('h'), ...forged)).toBe('bad-request');
  const guest = guestOf('c1' as CustomerId);
  expect(await outcome(guest, handover('g'), 'handover.begin', named(['c1'], guest))).toBe('forbidden');
  // The same again: the second finds that they went.
  await Promise.all([
    say('ben', handover('a'), 'handover.begin', named(['c1'])),
    say('ben', handover('b'), 'handover.begin', { ...named(['c1']), to: to('dia') }),
  ]);
  await over('a');
  await over('b');
  expect([...stateOf('a').moved, ...stateOf('b').moved]).toHaveLength(1);
  expect([...stateOf('a').left, ...stateOf('b').left]).toEqual([{ customer: 'c1', why: 'not-theirs' }]);
  // Only who has to do with it reads it.
  expect(rig.relay.mayRead(member('dia'), handover('h')).ok).toBe(false);
  for (const who of ['ada', 'ben', 'cem'])
    expect(rig.relay.mayRead(member(who), handover('h')).ok).toBe(true);
});

test('an undo gives back what was moved and not given on since, within a day, by who may', async () => {
  let now = 1_000_000;
  await start(4, { now: () => now });
  await say('ben', file('c1'), 'customer.help', { add: ['cem'], remove: [] });
  const source = { chat: 'customer-c0', message: 'm', seq: 1 };
  await say('ben', rig.room('personal', 'ben', 'todos'), 'todo.add', { id: 't', text: 'offer', source });
  await say('ben', handover('h'), 'handover.begin', { ...all, to: to('cem') });
  await over('h');
  await say('cem', file('c0'), 'customer.note', { text: 'new' });
  await say('cem', file('c2'), 'customer.assign', { owner: 'dia' });
  await say('cem', file('c3'), 'customer.assign', { owner: 'dia' });
  await say('dia', file('c3'), 'customer.assign', { owner: 'cem' });
  expect(await outcome('cem', handover('h'), 'handover.undo', {})).toBe('forbidden');
  expect(await outcome('dia', handover('h'), 'handover.undo', {})).toBe('forbidden');
  now += undoWithin;
  expect(await outcome('ada', handover('h'), 'handover.undo', {})).toBe('ok');
  await undone('h');
  expect(['c0', 'c1', 'c2', 'c3'].map((id) => fileOf(id).owner)).toEqual(['ben', 'ben', 'dia', 'cem']);
  expect(fileOf('c0').lastNote?.text).toBe('new');
  expect(fileOf('c1').helpers).toEqual(['cem']);
  expect(fileOf('c0').helpers).toEqual([]);
  expect(stateOf('h').undo).toMatchObject({
    back: 2,
    left: [
      { customer: 'c2', why: 'changed' },
      { customer: 'c3', why: 'changed' },
    ],
  });
  expect(textsOf('c0').at(-1)).toMatch(/^Hello, ben .* cem\./);
  expect(Object.keys(todosOf('ben').items)).toEqual(['t']);
  expect(Object.keys(todosOf('cem').items)).toEqual([]);
  // Once is enough, and a day later it is too late.
  expect(await outcome('ada', handover('h'), 'handover.undo', {})).toBe('ok');
  await say('ben', handover('i'), 'handover.begin', { ...all, to: to('cem') });
  await over('i');
  now += undoWithin + 1;
  expect(await outcome('ben', handover('i'), 'handover.undo', {})).toBe('too-late');
});

test('who became a part of another customer, or is being brought, stays where they are', async () => {
  await start(2);
  await say('ben', handover('h'), 'handover.begin', { ...all, to: to('cem') });
  await over('h');
  const texts = textsOf('c1').length;
  expect(await outcome('cem', file('c0'), 'customer.merge', { other: 'c1' })).toBe('ok');
  expect(await outcome('cem', file('c0'), 'customer.assign', { owner: 'cem' })).toBe('ok');
  expect(await outcome('ben', handover('h'), 'handover.undo', {})).toBe('ok');
  await undone('h');
  expect(stateOf('h').undo).toMatchObject({ back: 1, left: [{ customer: 'c1', why: 'changed' }] });
  // The part goes with the whole, and its customer hears nothing of their own.
  expect(fileOf('c1')).toMatchObject({ into: 'c0', owner: 'ben' });
  expect(textsOf('c1')).toHaveLength(texts);

  const created = { n: 0, id: 'old', type: 'customer.create', by: 'ben', at: 5 };
  const data = { values: { name: 'I' }, tags: [], owner: 'ben' };
  expect(await outcome('ada', file('i'), 'customer.import', { ...created, data })).toBe('ok');
  const named = { ...all, customers: ['i'], to: to('cem') };
  expect(await outcome('ben', handover('i'), 'handover.begin', named)).toBe('ok');
  await over('i');
  expect(stateOf('i').left).toEqual([{ customer: 'i', why: 'not-theirs' }]);
});

test('customers go over exactly once, however often the relay is ended in the middle', async () => {
  const ids = await start(300);
  const portions = () => rig.relay.entries(null, handover('h'), 0, 2_000).length;
  await say('ben', handover('h'), 'handover.begin', {
    ...all,
    to: { members: ['cem', 'dia'], rule: 'turns' },
  });
  let restarts = 0;
  while (stateOf('h').over === null) {
    const before = portions();
    await until('a portion', () => portions() > before || stateOf('h').over !== null);
    if (restarts < 4) {
      restarts++;
      await rig.restart();
    }
  }
  expect(restarts).toBe(4);
  expect(
    stateOf('h')
      .moved.map(({ customer }) => customer)
      .sort(),
  ).toEqual([...ids].sort());
  const taken = { cem: 0, dia: 0 };
  for (const id of ids) {
    const { owner } = fileOf(id);
    taken[owner as 'cem' | 'dia']++;
    expect(
      rig.relay.entries(null, file(id), 0, 10).filter(({ type }) => type === 'customer.assign'),
    ).toHaveLength(1);
    expect(textsOf(id)).toHaveLength(1);
  }
  expect(taken).toEqual({ cem: 150, dia: 150 });
  expect(rig.store.openJobs()).toEqual([]);
}, 60_000);

test('links go along with all customers: printed codes lead on, by the rule that was chosen, and come back', async () => {
  await start(1);
  const settings = rig.room('customers', 'main');
  const base = {
    ...{ name: 'Card', on: true, until: null, source: '', tags: [], welcome: '', hours: null, away: '' },
  };
  const link = (id: string, leads: object) =>
    outcome('ada', settings, 'customers.link', { ...base, id, code: `${id}`.padEnd(16, 'x'), to: leads });
  const team = (members: string[], fallback: string | null = null) => ({
    ...{ team: members, rule: 'load', fallback },
  });
  expect(await link('own', { member: 'ben' })).toBe('ok');
  expect(await link('other', { member: 'cem' })).toBe('ok');
  expect(await link('both', team(['ben', 'ada'], 'ben'))).toBe('ok');
  expect(await link('alone', team(['ben']))).toBe('ok');
  const leads = (): unknown =>
    Object.fromEntries(
      Object.values((rig.relay.state(settings) as SettingsState).links).map(({ id, to: whom }) => [id, whom]),
    );
  const before = leads();
  const some = { ...all, customers: ['c0'], to: to('cem'), links: true };
  expect(await outcome('ben', handover('no'), 'handover.begin', some)).toBe('bad-request');

  // Without a word of the links, they stay.
  expect(await outcome('ada', handover('h0'), 'handover.begin', { ...all, to: to('cem') })).toBe('ok');
  await over('h0');
  expect(leads()).toEqual(before);

  const shared = { ...all, to: { members: ['cem', 'dia'], rule: 'load' }, links: true };
  expect(await outcome('ada', handover('h'), 'handover.begin', shared)).toBe('ok');
  await over('h');
  expect(leads()).toEqual({
    own: team(['cem', 'dia']),
    other: { member: 'cem' },
    both: team(['ada'], 'cem'),
    alone: team(['cem', 'dia']),
  });
  expect(stateOf('h').links).toHaveLength(3);

  // Undone for those that nobody changed since.
  expect(await link('alone', team(['dia']))).toBe('ok');
  expect(await outcome('ada', handover('h'), 'handover.undo', {})).toBe('ok');
  await undone('h');
  expect(leads()).toEqual({ ...(before as object), alone: team(['dia']) });

  // Of one who takes them it is their link, also after the giver has left.
  expect(await outcome('ada', rig.room('directory', 'main'), 'member.remove', { member: 'ben' })).toBe('ok');
  const left = { ...all, to: to('dia'), links: true };
  expect(await outcome('ada', handover('h2'), 'handover.begin', left)).toBe('ok');
  await over('h2');
  expect(leads()).toMatchObject({ own: { member: 'dia' }, both: team(['ada'], 'dia') });
});
