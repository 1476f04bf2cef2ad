import { afterEach, expect, test } from 'vitest';
import { guestOf } from '../../shared/base/guests.ts';
import { newId, type CommandId, type CustomerId, type RoomId } from '../../shared/base/ids.ts';
import { chatKind } from '../../shared/features/chat/kind.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import {
  outcomes,
  type BroadcastState,
  type Letter,
} from '../../shared/features/customers/broadcast-schema.ts';
import { until as waitUntil } from '../support/relay-process.ts';
import { member, startRig, type Rig } from './relay-rig.ts';

let rig: Rig;
afterEach(() => rig.stop());

const until = (is: () => boolean): Promise<unknown> => waitUntil('the job is there', is);
const day = 24 * 3_600_000;
/** What the relay's clock says; tests move it. */
let now = 0;

let n = 0;
const outcome = async (by: string, room: RoomId, type: string, data: unknown): Promise<string> => {
  n++;
  const result = await rig.relay.command(rig.caller(by), { id: `k${n}` as CommandId, n, room, type, data });
  return result.ok ? 'ok' : result.code;
};
const does = async (by: string, room: RoomId, type: string, data: unknown): Promise<void> =>
  expect(await outcome(by, room, type, data)).toBe('ok');

async function start(...people: string[]): Promise<void> {
  now = Date.UTC(2026, 4, 4, 12);
  rig = await startRig({ clock: { now: () => now } });
  await rig.people(...people);
}

const settings = (): RoomId => rig.room('customers', 'main');
const file = (customer: string): RoomId => rig.room('customer', customer);
const chat = (customer: string): RoomId => rig.room('chat', `customer-${customer}`);
const main = (id: string): RoomId => rig.room('broadcast', id);
const list = (id: string): RoomId => rig.room('broadcast', id, 'list');
const stateOf = (id: string): BroadcastState => rig.relay.state(main(id)) as BroadcastState;

async function customer(id: string, owner: string, name = ''): Promise<void> {
  const guest = guestOf(id as CustomerId);
  await rig.relay.appendFact(file(id), 'customer.begin', guest, {
    ...{ link: null, guest, owner, name, tags: [], language: 'en', consentAt: 1 },
  });
}
async function customers(count: number, owner: string): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, i) => `${owner}${i}`);
  for (const id of ids) await customer(id, owner);
  return ids;
}

/** What this customer read of it. */
const received = (id: string): string[] =>
  rig.relay
    .entries(null, chat(id), 0, 1_000)
    .filter(({ type, data }) => type === 'chat.send' && 'broadcast' in (data as object))
    .map(({ data }) => (data as { text: string }).text);

async function draft(by: string, ids: readonly string[], text = 'Hello {name}!'): Promise<string> {
  const id = newId();
  await does(by, main(id), 'broadcast.begin', { name: 'Spring' });
  await does(by, main(id), 'broadcast.words', { text, nameless: 'friend' });
  for (let at = 0; at < ids.length; at += 500)
    await does(by, list(id), 'broadcast.add', { customers: ids.slice(at, at + 500) });
  return id;
}
const submit = (by: string, id: string, customers: number, more: object = {}): Promise<void> =>
  does(by, main(id), 'broadcast.submit', { customers, from: null, hours: null, ...more });
const isOver = (id: string) => (): boolean => stateOf(id).finishedAt !== null || stateOf(id).stopped !== null;

const counted = (id: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(stateOf(id).counts).map(([letter, count]) => [outcomes[letter as Letter], count]),
  );

test('everybody of one’s own customers gets the words once, as a message of one’s own with their name in it', async () => {
  await start('ada', 'ben');
  await customer('c1', 'ada', 'Mia');
  await customer('c2', 'ada');
  const id = await draft('ada', ['c1', 'c2', 'c1'], '{name}, {person} here');
  await submit('ada', id, 2);
  await until(isOver(id));
  expect(received('c1')).toEqual(['Mia, ada here']);
  expect(received('c2')).toEqual(['friend, ada here']);
  const [said] = rig.relay.entries(null, chat('c1'), 1, 1);
  expect(said).toMatchObject({ by: 'ada', id: `fact-m-${id}-c1`, data: { broadcast: id } });
  expect(stateOf(id)).toMatchObject({ counts: { s: 2 }, owners: [{ member: 'ada', counts: { s: 2 } }] });
});

test('sent off twice, and over any number of ends of the relay, nobody gets it twice and nobody is left out', async () => {
  await start('ada');
  const ids = await customers(40, 'ada');
  const id = await draft('ada', ids);
  await submit('ada', id, 40);
  await submit('ada', id, 40);
  // Between portions: as soon as there is progress, the relay ends.
  for (let ends = 0; ends < 6; ends++) {
    const { length } = rig.relay.entries(null, list(id), 0, 10_000);
    await until(() => rig.relay.entries(null, list(id), 0, 10_000).length > length || isOver(id)());
    await rig.restart();
  }
  await until(isOver(id));
  expect(ids.filter((each) => received(each).length !== 1)).toEqual([]);
  expect(counted(id)).toEqual({ sent: 40 });
}, 60_000);

test('a customer gets as many as the company allows in so many days, over all that are made, and one more after them', async () => {
  await start('ada');
  await customer('c1', 'ada');
  await does('ada', settings(), 'customers.broadcasts', {
    approval: true,
    perCustomer: { most: 2, days: 7 },
  });
  const go = async (): Promise<Record<string, number>> => {
    const id = await draft('ada', ['c1']);
    await submit('ada', id, 1);
    await until(isOver(id));
    return counted(id);
  };
  expect(await go()).toEqual({ sent: 1 });
  now += day;
  expect(await go()).toEqual({ sent: 1 });
  expect(await go()).toEqual({ enough: 1 });
  now += 6 * day - 1;
  expect(await go()).toEqual({ enough: 1 });
  now += 1;
  expect(await go()).toEqual({ sent: 1 });
  expect(received('c1')).toHaveLength(3);
});

test('who wants none of it gets none, also when they say so while it goes out, and staff cannot undo what a guest said', async () => {
  await start('ada');
  const ids = await customers(6, 'ada');
  await does('ada', file('ada1'), 'customer.quiet', { on: true });
  await does('ada', file('ada2'), 'customer.end', {});
  const id = await draft('ada', [...ids, 'nobody']);
  await submit('ada', id, 7, { from: now + 1_000 });
  await until(() => stateOf(id).looked === 7);
  await rig.relay.appendFact(file('ada3'), 'customer.quiet', guestOf('ada3' as CustomerId), { on: true });
  expect(await outcome('ada', file('ada3'), 'customer.quiet', { on: false })).toBe('forbidden');
  await does('ada', file('ada4'), 'customer.end', {});
  now += 1_000;
  await rig.restart();
  await until(isOver(id));
  expect(counted(id)).toEqual({ sent: 2, quiet: 2, ended: 2, foreign: 1 });
  expect(ids.filter((each) => received(each).length > 0)).toEqual(['ada0', 'ada5']);
});

test('one that was taken back counts as one that they got, also where its conversation is read anew', async () => {
  await start('ada');
  await customer('c1', 'ada');
  const id = await draft('ada', ['c1']);
  await submit('ada', id, 1);
  await until(isOver(id));
  const [said] = rig.relay.entries(null, chat('c1'), 1, 1);
  await does('ada', chat('c1'), 'chat.recall', { target: { seq: said!.seq, id: said!.id } });
  const entries = rig.relay.entries(null, chat('c1'), 0, 10);
  expect(JSON.stringify(entries)).not.toContain('Hello');
  const before = (rig.relay.state(chat('c1')) as ChatState).broadcasts;
  expect(before).toMatchObject([{ id }]);
  expect(chatKind.fold(chatKind.initial, entries).broadcasts).toEqual(before);
});

test('what a guest said of wanting none is good for all that is one customer with them', async () => {
  await start('ada');
  await customers(3, 'ada');
  const guest = guestOf('ada1' as CustomerId);
  await rig.relay.appendFact(file('ada1'), 'customer.quiet', guest, { on: true });
  await does('ada', file('ada0'), 'customer.merge', { other: 'ada1' });
  await does('ada', file('ada2'), 'customer.quiet', { on: true });
  const go = async (): Promise<Record<string, number>> => {
    const id = await draft('ada', ['ada0']);
    await submit('ada', id, 1);
    await until(isOver(id));
    return counted(id);
  };
  expect(await go()).toEqual({ quiet: 1 });
  await rig.relay.appendFact(file('ada1'), 'customer.quiet', guest, { on: false });
  expect(await go()).toEqual({ sent: 1 });
});

test('who is one customer with others gets it once, where they are: in their own conversation, or else in that of a part', async () => {
  await start('ada');
  await customers(4, 'ada');
  await does('ada', settings(), 'customers.broadcasts', {
    approval: true,
    perCustomer: { most: 2, days: 7 },
  });
  /** Somebody of whom the company knew before they came. */
  await does('ada', file('known'), 'customer.create', { values: { name: 'Mia' }, tags: [] });
  const go = async (ids: readonly string[]): Promise<Record<string, number>> => {
    const id = await draft('ada', ids);
    await submit('ada', id, ids.length);
    await until(isOver(id));
    return counted(id);
  };
  expect(await go(['known'])).toEqual({ absent: 1 });
  await does('ada', file('known'), 'customer.merge', { other: 'ada0' });
  await does('ada', file('known'), 'customer.merge', { other: 'ada1' });
  // Parts are reached as the whole, and only as that.
  expect(await go(['known', 'ada0', 'ada1'])).toEqual({ sent: 1, foreign: 2 });
  expect([received('ada0'), received('ada1')]).toEqual([['Hello Mia!'], []]);
  // What the guest ended is not written into: they are where they are still.
  await rig.relay.appendFact(file('ada0'), 'customer.end', guestOf('ada0' as CustomerId), {});
  expect(await go(['known'])).toEqual({ sent: 1 });
  expect([received('ada0').length, received('ada1').length]).toEqual([1, 1]);
  // Each part got one, and the customer two.
  expect(await go(['known'])).toEqual({ enough: 1 });
  now += 7 * day;
  await rig.relay.appendFact(file('ada1'), 'customer.quiet', guestOf('ada1' as CustomerId), { on: true });
  expect(await go(['known'])).toEqual({ quiet: 1 });
  // An own conversation comes first, and what a part got before it was one is not said again.
  await does('ada', file('ada2'), 'customer.merge', { other: 'ada3' });
  expect(await go(['ada2'])).toEqual({ sent: 1 });
  expect([received('ada2').length, received('ada3').length]).toEqual([1, 0]);
});

test('after a stop was acknowledged nothing goes out, also not after a restart', async () => {
  await start('ada');
  const ids = await customers(80, 'ada');
  const id = await draft('ada', ids);
  const stopped = new Promise<void>((resolve) => {
    rig.relay.whenStored((rows) => {
      // Behind the first portion.
      if (stateOf(id).counts.s && rows.some(({ room }) => room === list(id)))
        resolve(does('ada', main(id), 'broadcast.stop', {}));
    });
  });
  await submit('ada', id, 80);
  await stopped;
  const sent = ids.filter((each) => received(each).length > 0).length;
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(80);
  await rig.restart();
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
  expect(ids.filter((each) => received(each).length > 0)).toHaveLength(sent);
  expect(counted(id)).toEqual({ sent });
  expect(stateOf(id).stopped).toMatchObject({ by: 'ada', why: 'asked' });
});

test('what goes out in others’ names waits for their word, and goes to nobody whom they leave out', async () => {
  await start('boss', 'ada', 'ben', 'cy');
  for (const owner of ['ada', 'ben', 'cy']) await customers(3, owner);
  const all = ['ada', 'ben', 'cy'].flatMap((owner) => [0, 1, 2].map((i) => `${owner}${i}`));
  const id = await draft('boss', all);
  await submit('boss', id, 9);
  await until(() => stateOf(id).looked === 9);
  expect(stateOf(id).counts).toEqual({});
  expect(await outcome('boss', main(id), 'broadcast.approve', { without: [] })).toBe('forbidden');
  await does('ada', main(id), 'broadcast.approve', { without: ['ada1'] });
  await does('ben', main(id), 'broadcast.decline', {});
  await until(() => counted(id)['declined'] === 4);
  expect(all.filter((each) => received(each).length > 0)).toEqual(['ada0', 'ada2']);
  expect(isOver(id)()).toBe(false);
  // What changes hands meanwhile is not said by who has it then: they were not asked.
  await does('cy', file('cy1'), 'customer.assign', { owner: 'ada' });
  await does('cy', main(id), 'broadcast.approve', { without: [] });
  await until(isOver(id));
  expect(counted(id)).toEqual({ sent: 4, declined: 4, moved: 1 });
  const [said] = rig.relay.entries(null, chat('cy0'), 1, 1);
  expect(said).toMatchObject({ by: 'cy' });
});

test('nobody waits for the word of an owner who has left', async () => {
  await start('boss', 'ada');
  await customers(2, 'ada');
  const id = await draft('boss', ['ada0', 'ada1']);
  await submit('boss', id, 2);
  await until(() => stateOf(id).looked === 2);
  await does('boss', rig.room('directory', 'main'), 'member.remove', { member: 'ada' });
  await rig.restart();
  await until(isOver(id));
  expect(counted(id)).toEqual({ moved: 2 });
});

test('where the company asks for no approval it goes out in the owners’ names', async () => {
  await start('boss', 'ada');
  await does('boss', settings(), 'customers.broadcasts', {
    approval: false,
    perCustomer: { most: 4, days: 30 },
  });
  await customers(2, 'ada');
  const id = await draft('boss', ['ada0', 'ada1']);
  await submit('boss', id, 2);
  await until(isOver(id));
  expect(counted(id)).toEqual({ sent: 2 });
});

test('nobody writes to the customers of others, nor learns whether there are any', async () => {
  await start('ada', 'eve', 'ben');
  await customers(2, 'ben');
  await customer('mine', 'eve');
  const id = await draft('eve', ['ben0', 'ben1', 'nobody', 'mine']);
  await submit('eve', id, 4);
  await until(isOver(id));
  expect(counted(id)).toEqual({ foreign: 3, sent: 1 });
  expect(received('ben0')).toEqual([]);
  expect(rig.relay.mayRead(member('ben'), main(id)).ok).toBe(false);
  expect(rig.relay.mayRead(member('eve'), list(id)).ok).toBe(false);
  for (const [type, data] of [
    ['broadcast.stop', {}],
    ['broadcast.words', { text: 'x', nameless: '' }],
    ['broadcast.approve', { without: [] }],
  ] as const)
    expect([type, await outcome('ben', main(id), type, data)]).toEqual([type, 'forbidden']);
  // Facts are the relay's, and what was sent off stays as it is.
  const none = { looked: 1, owners: [], skipped: [], approval: false };
  expect(await outcome('eve', main(id), 'broadcast.found', none)).toBe('bad-request');
  expect(await outcome('eve', list(id), 'list.sent', { from: 0, outcomes: '.' })).toBe('bad-request');
  expect(await outcome('eve', list(id), 'broadcast.add', { customers: ['ben0'] })).toBe('forbidden');
  expect(await outcome('eve', main(id), 'broadcast.words', { text: 'other', nameless: '' })).toBe(
    'forbidden',
  );
});

test('guests make no messages to many, and nobody marks one of their own as such', async () => {
  await start('ada');
  await customer('c1', 'ada');
  const guest = guestOf('c1' as CustomerId);
  expect(await outcome(guest, main('b'), 'broadcast.begin', { name: 'x' })).toBe('forbidden');
  expect(await outcome(guest, list('b'), 'broadcast.add', { customers: ['c1'] })).toBe('forbidden');
  expect(await outcome(guest, file('c1'), 'customer.quiet', { on: false })).toBe('forbidden');
  await does(guest, chat('c1'), 'chat.send', { text: 'hi', broadcast: 'b' });
  await does('ada', chat('c1'), 'chat.send', { text: 'hi', broadcast: 'b' });
  expect((rig.relay.state(chat('c1')) as ChatState).broadcasts).toBeUndefined();
});

test('a message to many answers nobody: who asked before it still waits', async () => {
  await start('ada');
  await customer('c1', 'ada');
  await does(guestOf('c1' as CustomerId), chat('c1'), 'chat.send', { text: 'when do you open?' });
  const id = await draft('ada', ['c1']);
  await submit('ada', id, 1);
  await until(isOver(id));
  expect((rig.relay.state(chat('c1')) as ChatState).last).toMatchObject({ by: 'ada', waits: true });
  await does('ada', chat('c1'), 'chat.send', { text: 'at nine' });
  expect((rig.relay.state(chat('c1')) as ChatState).last).not.toHaveProperty('waits');
});

test('what was lost of the list, or whose maker left the company, goes out to nobody', async () => {
  await start('ada', 'eve');
  await customers(2, 'eve');
  const id = await draft('eve', ['eve0', 'eve1']);
  await submit('eve', id, 3);
  await until(isOver(id));
  expect(stateOf(id).stopped).toMatchObject({ why: 'lost' });
  const other = await draft('eve', ['eve0', 'eve1']);
  await submit('eve', other, 2, { from: now + day });
  await until(() => stateOf(other).looked === 2);
  await does('ada', rig.room('directory', 'main'), 'member.remove', { member: 'eve' });
  now += day;
  await rig.restart();
  await until(isOver(other));
  expect(stateOf(other).stopped).toMatchObject({ why: 'left' });
  expect([...received('eve0'), ...received('eve1')]).toEqual([]);
});

test('at night it rests, and goes on when the hours begin', async () => {
  await start('ada');
  await customer('c1', 'ada');
  const id = await draft('ada', ['c1']);
  const hours = { from: '14:00', to: '15:00', days: [1], offset: 0 };
  await submit('ada', id, 1, { hours });
  await until(() => stateOf(id).looked === 1);
  now += 3_600_000;
  await rig.restart();
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
  expect(received('c1')).toEqual([]);
  now += 3_600_000;
  await rig.restart();
  await until(isOver(id));
  expect(received('c1')).toHaveLength(1);
});

test('files of it belong to each conversation in the commit that names them, and it waits until they are here', async () => {
  await start('ada');
  await customers(2, 'ada');
  const kept = new Set<string>();
  const timers: (() => void)[] = [];
  const hash = 'ab'.repeat(32);
  const files = {
    has: (room: RoomId, of: string) => kept.has(`${room} ${of}`),
    share: (_from: RoomId, to: RoomId, of: string) => void kept.add(`${to} ${of}`),
  };
  await rig.restart({ later: (_milliseconds, run) => void timers.push(run) });
  rig.relay.keepsFiles(files);
  const id = await draft('ada', ['ada0', 'ada1']);
  await does('ada', main(id), 'broadcast.words', {
    ...{ text: '', nameless: '', files: [{ hash, name: 'a.png', size: 5, type: 'image/png' }] },
  });
  await submit('ada', id, 2);
  await until(() => timers.length > 0);
  expect(stateOf(id).counts).toEqual({});
  kept.add(`${main(id)} ${hash}`);
  for (const run of timers.splice(0)) run();
  await until(isOver(id));
  expect(kept).toContain(`${chat('ada0')} ${hash}`);
  expect(kept).toContain(`${chat('ada1')} ${hash}`);
});
