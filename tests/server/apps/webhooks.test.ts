import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutsideOptions } from '../../../server/outside/fetch.ts';
import type { CustomerId } from '../../../shared/base/ids.ts';
import { openAppRig, startReceiver, type AppRig, type Receiver, type Told } from './app-rig.ts';

let rig: AppRig;
let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
  rig = await openAppRig({ hosts: [receiver.host] });
});
afterEach(async () => {
  await rig.close();
  receiver.close();
});

const all = ['customers:read', 'customers:write', 'conversations:read', 'conversations:write'];
const changes = ['customer.created', 'customer.changed', 'stage.changed', 'tag.changed'];
const words = ['message.received', 'message.sent'];

/** The specification in a few lines of its own: what a receiver does that knows nothing of us. */
function isSigned({ headers, body }: Told, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const text = [headers['webhook-id'], headers['webhook-timestamp'], body].map(String).join('.');
  const wanted = createHmac('sha256', key).update(text).digest('base64');
  return String(headers['webhook-signature'])
    .split(' ')
    .some((each) => each === `v1,${wanted}`);
}

const note = (customer: CustomerId, text: string): Promise<string> =>
  rig.command(rig.me, `customer/${customer}`, 'customer.note', { text });
const standing = async (): Promise<{ on: boolean; off: { why: string } | null; waiting: number }> => {
  const apps = (await (await rig.admin('GET', '/api/apps')).json()) as { webhooks: never[] }[];
  return apps[0]!.webhooks[0]!;
};
const textsOf = (told: readonly Told[]): string[] =>
  told.map(({ payload }) => (payload.data as { change: { data: { text: string } } }).change.data.text);

test('an address is told what happens, signed, and what it may not know it is not told', async () => {
  const crm = await rig.app(all);
  const shy = await rig.app(['customers:read'], 'Shy');
  const { secret } = await rig.webhook(crm.id, `${receiver.url}?of=crm`, [...changes, ...words]);
  await rig.webhook(shy.id, receiver.url, [...words, 'customer.handed-over']);
  const customer = await rig.customer();
  await rig.command(rig.me, `customer/${customer}`, 'customer.stage', { stage: 'talk' });
  await rig.says(customer, 'Hello?');
  await crm.call('POST', `/customers/${customer}/messages`, { text: 'Good day' });
  await rig.until(() => receiver.told.length === 4, 'all of it');
  expect(receiver.types()).toEqual(['customer.created', 'stage.changed', ...words]);
  expect(receiver.told.every((each) => isSigned(each, secret))).toBe(true);
  expect(isSigned({ ...receiver.told[0]!, body: '{}' }, secret)).toBe(false);
  const [, stage, received] = receiver.told.map(({ payload }) => payload.data);
  expect(stage).toMatchObject({ customer, by: { is: 'member' }, change: { data: { stage: 'talk' } } });
  expect(received).toMatchObject({ customer, message: { text: 'Hello?', by: { is: 'customer' } } });
  expect(new Set(receiver.told.map(({ headers }) => headers['webhook-id'])).size).toBe(4);
});

test('while a secret is replaced, messages are signed with both', async () => {
  const crm = await rig.app(all);
  const { webhook, secret } = await rig.webhook(crm.id, receiver.url, changes);
  const answer = await rig.admin('POST', `/api/webhooks/${webhook}/secret`, { hours: 2 });
  const { secret: next } = (await answer.json()) as { secret: string };
  await rig.admin('POST', `/api/webhooks/${webhook}/test`);
  expect([isSigned(receiver.told[0]!, secret), isSigned(receiver.told[0]!, next)]).toEqual([true, true]);
  rig.pass(2 * 3_600_000 + 1_000);
  await rig.admin('POST', `/api/webhooks/${webhook}/test`);
  expect([isSigned(receiver.told[1]!, secret), isSigned(receiver.told[1]!, next)]).toEqual([false, true]);
});

test('what was stored before the relay ended is told by the next one, under the same ids', async () => {
  const crm = await rig.app(all);
  await rig.webhook(crm.id, receiver.url, changes);
  const customer = await rig.customer();
  await rig.until(() => receiver.told.length === 1, 'the customer');
  // Stored, and nothing was done beside the relay yet.
  await note(customer, 'one');
  await note(customer, 'two');
  await rig.restart();
  await rig.until(() => receiver.told.length === 3, 'both notes');
  expect(textsOf(receiver.told.slice(1))).toEqual(['one', 'two']);
  // Told, and ended before the answer was kept.
  receiver.answer = () => null;
  await note(customer, 'three');
  await rig.until(() => receiver.told.length === 4, 'the third');
  await rig.restart();
  receiver.answer = () => ({ status: 200 });
  await rig.until(() => receiver.told.length === 5, 'it again');
  const [first, again] = receiver.told.slice(3);
  expect(again!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  expect(again!.body).toBe(first!.body);
});

test('of one customer one thing is told after the other, whatever is refused; others do not wait', async () => {
  const crm = await rig.app(all);
  await rig.webhook(crm.id, receiver.url, ['customer.changed']);
  const [one, other] = [await rig.customer(), await rig.customer()];
  let refuse = true;
  receiver.answer = ({ body }) => ({ status: refuse && body.includes('"first"') ? 500 : 200 });
  await note(one, 'first');
  await note(one, 'second');
  await note(other, 'elsewhere');
  await rig.until(() => textsOf(receiver.told).includes('first'), 'the first try');
  rig.pass(6_000);
  await rig.until(() => textsOf(receiver.told).includes('elsewhere'), 'the other customer');
  expect(textsOf(receiver.told)).not.toContain('second');
  refuse = false;
  rig.pass(5 * 60_000);
  await rig.until(() => textsOf(receiver.told).includes('second'), 'the second');
  const own = textsOf(receiver.told).filter((text) => text !== 'elsewhere');
  expect(own.at(-1)).toBe('second');
  expect(new Set(own.slice(0, -1))).toEqual(new Set(['first']));
});

test('an address that takes nothing is tried ever more rarely, then switched off, and on again by hand', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['customer.changed']);
  receiver.answer = () => ({ status: 503 });
  const customer = await rig.customer();
  await note(customer, 'nobody hears this');
  let turns = 0;
  while ((await standing()).on) {
    if (++turns > 400) throw new Error('never switched off');
    const before = receiver.told.length;
    rig.pass(3_600_000);
    await new Promise((done) => setImmediate(done));
    if (receiver.told.length > before) await rig.until(() => receiver.open.now === 0, 'the answer');
    // Somebody goes on writing, so there is always something to tell.
    if (turns % 20 === 0) await note(customer, `note ${turns}`);
  }
  expect((await standing()).off).toMatchObject({ why: 'failing' });
  expect(receiver.told.length).toBeLessThan(60);
  const entries = rig.workspace.relay.entries(null, rig.room('directory/main:admin'), 0, 50);
  expect(entries.at(-1)).toMatchObject({ type: 'webhook.off', by: crm.member });
  receiver.answer = () => ({ status: 200 });
  const before = receiver.told.length;
  const wish = { url: receiver.url, events: ['customer.changed'], on: true };
  expect((await rig.admin('PUT', `/api/webhooks/${webhook}`, wish)).status).toBe(204);
  await note(customer, 'heard again');
  rig.pass(48 * 3_600_000);
  await rig.until(() => textsOf(receiver.told.slice(before)).includes('heard again'), 'what is new');
});

test('an address that says it is gone is switched off at once, and a redirect is followed nowhere', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['customer.changed']);
  receiver.answer = () => ({ status: 302, headers: { location: `http://${receiver.host}/elsewhere` } });
  const test1 = await (await rig.admin('POST', `/api/webhooks/${webhook}/test`)).json();
  expect(test1).toMatchObject({ status: 302, over: true });
  expect(receiver.told).toHaveLength(1);
  receiver.answer = () => ({ status: 410 });
  await note(await rig.customer(), 'x');
  await rig.until(() => receiver.told.length === 2, 'the note');
  await rig.until(() => rig.logged.includes('a webhook was switched off'), 'the end');
  expect((await standing()).off).toMatchObject({ why: 'gone' });
});

test('deliveries are listed with their answers, and told again when somebody says so', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['customer.changed']);
  receiver.answer = () => ({ status: 200, body: 'thanks '.repeat(10_000) });
  await note(await rig.customer(), 'x');
  const list = async () =>
    (await (await rig.admin('GET', `/api/webhooks/${webhook}/deliveries`)).json()) as {
      n: number;
      said: string;
      attempts: number;
    }[];
  await rig.until(() => rig.workspace.webhookStore.last(webhook, 1).length === 1, 'the note');
  const [only] = await list();
  expect(only).toMatchObject({ type: 'customer.changed', status: 200, over: true, attempts: 1 });
  expect(only!.said.length).toBeLessThanOrEqual(300);
  await rig.admin('POST', `/api/webhooks/${webhook}/deliveries/${only!.n}/again`);
  expect(receiver.told.map(({ headers }) => headers['webhook-id'])).toEqual([
    receiver.told[0]!.headers['webhook-id'],
    receiver.told[0]!.headers['webhook-id'],
  ]);
  expect((await list())[0]).toMatchObject({ attempts: 2 });
});

test('a planned follow-up is told when its time has come, also when nobody was told anything before', async () => {
  const customer = await rig.customer();
  const plan = (at: number, text: string) =>
    rig.command(rig.me, `customer/${customer}`, 'customer.followUp', { text, how: 'call', next: at });
  await plan(rig.now() + 3_600_000, 'call back');
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['follow-up.due']);
  rig.pass(3_000_000);
  await new Promise((done) => setImmediate(done));
  expect(receiver.told).toHaveLength(0);
  rig.pass(700_000);
  await rig.until(() => receiver.told.length === 1, 'the reminder');
  expect(receiver.told[0]!.payload.data).toMatchObject({ customer, followUp: { text: 'call back' } });
  await rig.until(() => rig.workspace.webhookStore.waiting(webhook) === 0, 'the answer to be kept');
  rig.pass(3_600_000);
  await rig.restart();
  rig.pass(30_000);
  await plan(rig.now() - 1_000, 'yesterday');
  await rig.until(() => receiver.told.length === 2, 'what was due already');
  expect(receiver.told[1]!.payload.data).toMatchObject({ followUp: { text: 'yesterday' } });
});

test('the end of a message to many is told once, also when somebody stopped it', async () => {
  const crm = await rig.app(all);
  await rig.webhook(crm.id, receiver.url, ['broadcast.finished']);
  const customer = await rig.customer();
  const make = async (id: string, from: number | null): Promise<void> => {
    const room = `broadcast/${id}`;
    for (const [to, type, data] of [
      [room, 'broadcast.begin', { name: id }],
      [room, 'broadcast.words', { text: 'New', nameless: '' }],
      [`${room}:list`, 'broadcast.add', { customers: [customer] }],
      [room, 'broadcast.submit', { customers: 1, from, hours: null }],
    ] as const)
      expect(await rig.command(rig.me, to, type, data)).toBe('ok');
  };
  await make('through', null);
  await rig.until(() => receiver.told.length === 1, 'the end');
  expect(receiver.told[0]!.payload.data).toEqual({
    ...{ broadcast: 'through', name: 'through', counts: { s: 1 }, stopped: null },
  });
  await make('later', rig.now() + 86_400_000);
  for (let i = 0; i < 2; i++)
    expect(await rig.command(rig.me, 'broadcast/later', 'broadcast.stop', {})).toBe('ok');
  await rig.until(() => receiver.told.length === 2, 'the stop');
  expect(receiver.told[1]!.payload.data).toMatchObject({ broadcast: 'later', stopped: 'asked' });
  // What was never sent off ends unheard.
  await rig.command(rig.me, 'broadcast/draft', 'broadcast.begin', { name: '' });
  await rig.command(rig.me, 'broadcast/draft', 'broadcast.stop', {});
  await make('last', null);
  await rig.until(() => receiver.told.length === 3, 'the last');
  expect(receiver.told[2]!.payload.data).toMatchObject({ broadcast: 'last' });
});

test('words that were taken back are told to nobody any more', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['message.sent']);
  const customer = await rig.customer();
  receiver.answer = () => ({ status: 500 });
  const chat = `chat/customer-${customer}`;
  await rig.command(rig.me, chat, 'chat.send', { text: 'a secret' });
  await rig.until(() => receiver.told.length === 1, 'the message');
  const [said] = rig.workspace.relay.entries(null, rig.room(chat), 1, 1);
  const target = { seq: said!.seq, id: said!.id };
  expect(await rig.command(rig.me, chat, 'chat.recall', { target })).toBe('ok');
  const kept = () => JSON.stringify(rig.workspace.webhookStore.last(webhook, 50));
  await rig.until(() => kept().includes('erased'), 'the words to go');
  expect(kept()).not.toContain('a secret');
});

test('words that were taken back while nobody was told anything are told to nobody later', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['message.sent']);
  const customer = await rig.customer();
  receiver.answer = () => ({ status: 500 });
  const chat = `chat/customer-${customer}`;
  await rig.command(rig.me, chat, 'chat.send', { text: 'first' });
  await rig.command(rig.me, chat, 'chat.send', { text: 'a secret' });
  await rig.until(() => receiver.told.length === 1, 'the first');
  await rig.until(() => receiver.open.now === 0, 'the answer');
  const wish = { url: receiver.url, events: ['message.sent'] };
  await rig.admin('PUT', `/api/webhooks/${webhook}`, { ...wish, on: false });
  const [said] = rig.workspace.relay.entries(null, rig.room(chat), 2, 1);
  const target = { seq: said!.seq, id: said!.id };
  expect(await rig.command(rig.me, chat, 'chat.recall', { target })).toBe('ok');
  rig.pass(1_000);
  await rig.restart();
  receiver.answer = () => ({ status: 200 });
  await rig.admin('PUT', `/api/webhooks/${webhook}`, { ...wish, on: true });
  for (let turn = 0; turn < 20; turn++) rig.pass(1_000);
  rig.pass(24 * 3_600_000);
  await rig.until(() => rig.workspace.webhookStore.waiting(webhook) === 0, 'what waited');
  expect(receiver.told.map(({ body }) => body).filter((body) => body.includes('a secret'))).toEqual([]);
  expect(receiver.told.length).toBeGreaterThan(1);
});

test('follow-ups of many at the same moment are all told, and a customer who was brought is told of once', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['follow-up.due', 'customer.created']);
  const at = rig.now() + 600_000;
  const guests = await Promise.all(Array.from({ length: 120 }, () => rig.customer()));
  const plan = (text: string) => ({ text, how: 'call', next: at });
  for (const customer of guests)
    await rig.command(rig.me, `customer/${customer}`, 'customer.followUp', plan('x'));
  const entry = (n: number, type: string, data: unknown) => ({
    ...{ n, id: `old${n}`, type, by: rig.me.member.id, at: 5, data },
  });
  const bring = (type: string, data: unknown) => rig.command(rig.me, 'customer/brought', type, data);
  const created = { values: { name: 'B' }, tags: [] };
  expect(await bring('customer.import', entry(0, 'customer.create', created))).toBe('ok');
  expect((await crm.call('GET', '/customers/brought')).status).toBe(404);
  expect(await bring('customer.imported', {})).toBe('ok');
  expect((await crm.call('GET', '/customers/brought')).status).toBe(200);
  const of = (type: string) => receiver.told.filter(({ payload }) => payload.type === type);
  await rig.until(() => of('customer.created').length === 121, 'all customers');
  rig.pass(610_000);
  await rig.until(() => of('follow-up.due').length === 120, 'all follow-ups');
  await rig.until(() => rig.workspace.webhookStore.waiting(webhook) === 0, 'the answers');
  expect(new Set(of('follow-up.due').map(({ payload }) => payload.data['customer'])).size).toBe(120);
}, 60_000);

test('an app that is taken out takes its webhooks along', async () => {
  const crm = await rig.app(all);
  const { webhook } = await rig.webhook(crm.id, receiver.url, ['customer.changed']);
  receiver.answer = () => ({ status: 500 });
  const customer = await rig.customer();
  await note(customer, 'x');
  await rig.until(() => receiver.told.length === 1, 'the note');
  await rig.admin('DELETE', `/api/apps/${crm.id}`);
  expect(rig.workspace.webhookStore.secrets(webhook)).toBeNull();
  expect(rig.workspace.webhookStore.waiting(webhook)).toBe(0);
  rig.pass(24 * 3_600_000);
  await new Promise((done) => setImmediate(done));
  expect(receiver.told).toHaveLength(1);
});

describe('addresses that are none of the public internet', () => {
  /** Names as the test wants them; each question takes the next of its answers. */
  const names = (answers: Record<string, readonly string[]>): NonNullable<OutsideOptions['lookup']> => {
    const times: Record<string, number> = {};
    const lookup = (
      name: string,
      _options: unknown,
      answer: (error: Error | null, found: unknown) => void,
    ) => {
      const found = answers[name];
      const at = (times[name] ??= 0);
      times[name] = at + 1;
      if (!found) return answer(new Error('no such name'), []);
      answer(null, [{ address: found[Math.min(at, found.length - 1)]!, family: 4 }]);
    };
    return lookup as unknown as NonNullable<OutsideOptions['lookup']>;
  };

  test('are refused', async () => {
    const crm = await rig.app(all);
    const { webhook } = await rig.webhook(crm.id, receiver.url, changes);
    for (const url of [
      'http://example.com/hook',
      'https://127.0.0.1/hook',
      'https://[::1]/hook',
      'https://10.1.2.3/hook',
      'https://169.254.169.254/latest/meta-data',
      'https://0x7f000001/hook',
      'https://2130706433/hook',
      'https://example.com:8443/hook',
      'https://user:pass@example.com/hook',
      'file:///etc/passwd',
      'gopher://example.com/',
      'not an address',
    ]) {
      expect((await rig.webhook(crm.id, url, changes)).status, url).toBe(400);
      const changed = await rig.admin('PUT', `/api/webhooks/${webhook}`, { url, events: changes, on: true });
      expect(changed.status, url).toBe(400);
    }
  });

  test('a name that leads into the network is not asked, also when it changes its mind', async () => {
    await rig.close();
    rig = await openAppRig({
      lookup: names({ 'inside.example': ['127.0.0.1'], 'later.example': ['10.0.0.1'] }),
    });
    const crm = await rig.app(all);
    for (const host of ['inside.example', 'later.example']) {
      const { webhook } = await rig.webhook(crm.id, `https://${host}/hook`, changes);
      const answer = await (await rig.admin('POST', `/api/webhooks/${webhook}/test`)).json();
      expect(answer).toMatchObject({ status: null, said: 'not-allowed' });
    }
    expect(receiver.told).toHaveLength(0);
  });
});

test('a receiver that never answers holds a few connections, and another one is told meanwhile', async () => {
  const other = await startReceiver();
  await rig.close();
  rig = await openAppRig({ hosts: [receiver.host, other.host] });
  try {
    const crm = await rig.app(all);
    await rig.webhook(crm.id, receiver.url, ['customer.created']);
    await rig.webhook(crm.id, other.url, ['customer.created']);
    receiver.answer = () => null;
    for (let i = 0; i < 30; i++) await rig.customer();
    await rig.until(() => other.told.length === 30, 'the other one');
    expect(receiver.open.most).toBeLessThanOrEqual(4);
  } finally {
    other.close();
  }
});
