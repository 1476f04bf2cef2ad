import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CustomerId } from '../../../shared/base/ids.ts';
import { bearer, type SignedIn } from '../http/test-app.ts';
import { openAppRig, type AppRig, type Said } from './app-rig.ts';

let rig: AppRig;
let ben: SignedIn;
beforeEach(async () => {
  rig = await openAppRig();
  ben = await rig.newPerson('ben');
});
afterEach(() => rig.close());

const everything = ['customers:read', 'customers:write', 'conversations:read', 'conversations:write'];
const groups = { id: 'g', name: 'Kind', place: 0, tags: [{ id: 'vip', name: 'VIP' }] };
const codeIn = ({ error }: Said): string | undefined => error?.code;

test('an app reads customers and writes fields, tags, stage, owner, notes and follow-ups under its own name', async () => {
  await rig.command(rig.me, 'customers/main', 'customers.tagGroup', groups);
  const customer = await rig.customer();
  const crm = await rig.app(everything);
  const seen = await crm.call('GET', `/customers/${customer}`);
  expect(seen).toMatchObject({
    status: 200,
    body: {
      id: customer,
      fields: { name: { value: 'Zoe', conflict: [] }, mail: { value: '', seen: -1 } },
      owner: { id: rig.me.member.id, is: 'member' },
      stage: null,
    },
  });
  const changed = await crm.call('PATCH', `/customers/${customer}`, {
    fields: { mail: { value: 'zoe@example.com', seen: -1 } },
    tags: { add: ['vip'] },
    stage: 'talk',
    owner: ben.member.id,
  });
  expect(changed).toMatchObject({
    status: 200,
    body: {
      fields: { mail: { value: 'zoe@example.com' } },
      tags: ['vip'],
      stage: 'talk',
      owner: { id: ben.member.id, name: 'ben' },
    },
  });
  expect((await crm.call('POST', `/customers/${customer}/notes`, { text: 'likes tea' })).status).toBe(201);
  const plan = { text: 'call her', how: 'call', next: rig.now() + 3_600_000 };
  const added = await crm.call('POST', `/customers/${customer}/follow-ups`, plan);
  expect(added.status).toBe(201);
  const path = `/customers/${customer}/follow-ups/${added.body.id}/done`;
  expect(rig.state(customer).next).toMatchObject({ text: 'call her' });
  expect((await crm.call('POST', path)).status).toBe(200);
  expect(rig.state(customer).next).toBeNull();
  const told = await crm.call('GET', `/customers/${customer}/history`);
  const { history } = told.body;
  expect(history.map(({ type }) => type)).toEqual([
    ...['customer.begin', 'customer.set', 'customer.tag', 'customer.stage', 'customer.assign'],
    ...['customer.note', 'customer.followUp', 'customer.done'],
  ]);
  expect(new Set(history.slice(1).map(({ by }) => `${by.is} ${by.name}`))).toEqual(new Set(['app CRM']));
  const about = await crm.call('GET', '/app');
  expect(about.body).toMatchObject({ app: { name: 'CRM' }, tags: [{ id: 'vip', group: 'Kind' }] });
});

test('an app finds customers by phone, mail, stage, owner, tag and by its own name for them, in pages', async () => {
  const crm = await rig.app(everything);
  const other = await rig.app(everything, 'Shop');
  const ids: CustomerId[] = [];
  for (let i = 0; i < 5; i++) ids.push(await rig.customer(i === 4 ? ben : rig.me, `Customer ${i}`));
  const [first, second] = ids as [CustomerId, CustomerId];
  await crm.call('PATCH', `/customers/${first}`, {
    fields: { phone: { value: '+86 138-0013-8000', seen: -1 } },
  });
  await crm.call('PATCH', `/customers/${second}`, {
    fields: { mail: { value: 'Zoe@Example.com', seen: -1 } },
  });
  await crm.call('PATCH', `/customers/${second}`, { stage: 'won' });
  const named = await crm.call('PUT', `/customers/${first}/external`, { external: 'crm-1' });
  expect(named.status).toBe(204);
  const twice = await crm.call('PUT', `/customers/${second}/external`, { external: 'crm-1' });
  expect([twice.status, codeIn(twice.body)]).toEqual([409, 'already-exists']);
  // Another app's names are its own.
  expect((await other.call('PUT', `/customers/${second}/external`, { external: 'crm-1' })).status).toBe(204);

  const found = async (query: string, by = crm) =>
    (await by.call('GET', `/customers?${query}`)).body.customers.map(({ id }) => id);
  expect(await found('phone=%2B8613800138000')).toEqual([first]);
  expect(await found('mail=zoe%40example.COM')).toEqual([second]);
  expect(await found('stage=won')).toEqual([second]);
  expect(await found(`owner=${ben.member.id}`)).toEqual([ids[4]]);
  expect(await found('external=crm-1')).toEqual([first]);
  expect(await found('external=crm-1', other)).toEqual([second]);
  expect(await found('external=nobody')).toEqual([]);

  const pages: string[] = [];
  let cursor = '';
  for (let more = true; more;) {
    const { body } = await crm.call('GET', `/customers?limit=2${cursor && `&cursor=${cursor}`}`);
    pages.push(...body.customers.map(({ id }) => id));
    cursor = body.next;
    more = body.more;
  }
  expect([...pages].sort()).toEqual([...ids].sort());
  expect(await found(`cursor=${cursor}`)).toEqual([]);
  await rig.command(rig.me, `customer/${ids[3]}`, 'customer.note', { text: 'later' });
  expect(await found(`cursor=${cursor}`)).toEqual([ids[3]]);
});

test('what an app did not see is not overwritten, and a request that comes twice is done once', async () => {
  const customer = await rig.customer();
  const crm = await rig.app(everything);
  const field = async () => (await crm.call('GET', `/customers/${customer}`)).body.fields['company'];
  await rig.command(rig.me, `customer/${customer}`, 'customer.set', {
    ...{ field: 'company', value: 'By hand', seen: -1 },
  });
  await crm.call('PATCH', `/customers/${customer}`, { fields: { company: { value: 'By CRM', seen: -1 } } });
  expect(await field()).toMatchObject({ conflict: [{ value: 'By CRM' }, { value: 'By hand' }] });

  const key = { 'idempotency-key': 'note 1 of today' };
  const once = await crm.call('POST', `/customers/${customer}/notes`, { text: 'once' }, key);
  await rig.restart();
  const again = await rig.caller(crm.key)('POST', `/customers/${customer}/notes`, { text: 'once' }, key);
  expect(again).toEqual(once);
  const history = await rig.caller(crm.key)('GET', `/customers/${customer}/history?type=customer.note`);
  expect(history.body.history).toHaveLength(1);

  const wish = { fields: { name: 'New' }, owner: ben.member.id, external: 'x1' };
  const made = await rig.caller(crm.key)('POST', '/customers', wish, { 'idempotency-key': 'new 1' });
  const same = await rig.caller(crm.key)('POST', '/customers', wish, { 'idempotency-key': 'new 1' });
  expect([made.status, made.body.external]).toEqual([201, 'x1']);
  expect(same.body.id).toBe(made.body.id);
  expect(rig.state(made.body.id)).toMatchObject({ owner: ben.member.id, name: 'New' });
});

test('what an app calls a customer is one customer’s, also of two requests at once, and nothing stays of one refused', async () => {
  const crm = await rig.app(everything);
  const wish = { fields: { name: 'New' }, owner: ben.member.id, external: 'x1' };
  const both = await Promise.all([
    crm.call('POST', '/customers', wish),
    crm.call('POST', '/customers', wish),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  // A conflict says which one it is to be looked for by.
  const found = await crm.call('GET', '/customers?external=x1');
  expect(found.body.customers).toHaveLength(1);
  const nobody = { ...wish, external: 'x2', fields: { name: ' ' } };
  expect(codeIn((await crm.call('POST', '/customers', nobody)).body)).toBe('bad-request');
  expect((await crm.call('POST', '/customers', { ...wish, external: 'x2' })).status).toBe(201);
});

test('an app that reads a customer does not learn by which link they come', async () => {
  const crm = await rig.app(everything);
  const customer = await rig.customer();
  const code = 'S'.repeat(22);
  const invite = { code, welcome: 'Hello' };
  expect(await rig.command(rig.me, `customer/${customer}`, 'customer.invite', invite)).toBe('ok');
  const answer = await crm.call('GET', `/customers/${customer}/history`);
  expect(answer.body.history.map(({ type }) => type)).toContain('customer.invite');
  expect(JSON.stringify(answer.body)).not.toContain(code);
});

test('a change with anything wrong in it changes nothing', async () => {
  const customer = await rig.customer();
  const crm = await rig.app(everything);
  const before = rig.state(customer);
  const fields = { mail: { value: 'a@b.example', seen: -1 } };
  for (const [wrong, code] of [
    [{ fields, stage: 'nowhere' }, 'bad-request'],
    [{ fields, tags: { add: ['nothing'] } }, 'bad-request'],
    [{ fields, owner: 'nobody' }, 'member-not-found'],
    [{ fields, owner: crm.member }, 'member-not-found'],
    [{ fields: { ...fields, unknown: { value: 'x', seen: -1 } } }, 'bad-request'],
    [{ fields: { mail: { value: 'a@b.example' } } }, 'bad-request'],
    [{ fields: { ...fields, constructor: { value: 'x', seen: -1 } } }, 'bad-request'],
    [{ fields, tags: { remove: ['constructor'] } }, 'bad-request'],
    [{ fields, tags: { add: ['toString'], remove: [] } }, 'bad-request'],
  ] as const) {
    const answer = await crm.call('PATCH', `/customers/${customer}`, wrong);
    expect(codeIn(answer.body), JSON.stringify(wrong)).toBe(code);
  }
  expect(rig.state(customer)).toEqual(before);
});

test('an app speaks to a customer for the company and hears what they say', async () => {
  const customer = await rig.customer();
  const crm = await rig.app(everything);
  await rig.says(customer, 'Are you there?');
  expect(
    (await crm.call('POST', `/customers/${customer}/messages`, { text: 'Your parcel left.' })).status,
  ).toBe(201);
  const told = await crm.call('GET', `/customers/${customer}/messages`);
  expect(told.body).toMatchObject({
    messages: [
      { is: 'message', text: 'Are you there?', by: { is: 'customer', name: 'Zoe' } },
      { is: 'message', text: 'Your parcel left.', by: { is: 'app', name: 'CRM' } },
    ],
    more: false,
  });
  // The customer's own way reads it, too.
  const read = rig.workspace.relay.entries(
    `guest-${customer}` as never,
    rig.room(`chat/customer-${customer}`),
    0,
    10,
  );
  expect(read.at(-1)).toMatchObject({ type: 'chat.send', by: crm.member });
  await rig.command(rig.me, `customer/${customer}`, 'customer.end', {});
  const late = await crm.call('POST', `/customers/${customer}/messages`, { text: 'too late' });
  expect(codeIn(late.body)).toBe('customer-ended');
});

test('an app does what it may and nothing else, and only while its key is good', async () => {
  const customer = await rig.customer();
  const reader = await rig.app(['customers:read'], 'Reader');
  for (const [method, path, body] of [
    ['PATCH', `/customers/${customer}`, { stage: 'won' }],
    ['POST', '/customers', { fields: { name: 'x' }, owner: rig.me.member.id }],
    ['PUT', `/customers/${customer}/external`, { external: 'x' }],
    ['POST', `/customers/${customer}/notes`, { text: 'x' }],
    ['GET', `/customers/${customer}/messages`],
    ['GET', `/customers/${customer}/files/${'0'.repeat(64)}`],
    ['POST', `/customers/${customer}/messages`, { text: 'x' }],
  ] as const) {
    const answer = await reader.call(method, path, body);
    expect([answer.status, codeIn(answer.body)], `${method} ${path}`).toEqual([403, 'forbidden']);
  }
  // Its key opens nothing else, and nobody else's key opens this.
  for (const path of [
    '/api/rooms',
    '/api/apps',
    `/api/log?room=${rig.room('directory/main')}`,
    '/api/people?ids=x',
  ])
    expect((await rig.send('GET', path, bearer(reader.key))).status, path).toBe(401);
  expect((await rig.send('GET', '/api/v1/customers', bearer(rig.me.token))).status).toBe(401);
  expect((await rig.send('GET', '/api/v1/customers', {})).status).toBe(401);
  const guesses = ['weft_', `weft_${'A'.repeat(43)}`, `${reader.key}x`, reader.id, `app-${reader.id}`];
  for (const key of guesses) expect((await rig.caller(key)('GET', '/customers')).status, key).toBe(401);
  for (const id of ['nobody', `..%2F..%2Fdirectory%2Fmain`, 'main', '__proto__', 'constructor'])
    expect([400, 404]).toContain((await reader.call('GET', `/customers/${id}`)).status);

  const rotated = await rig.admin('POST', `/api/apps/${reader.id}/key`, { hours: 1 });
  const { key } = (await rotated.json()) as { key: string };
  expect((await reader.call('GET', '/customers')).status).toBe(200);
  rig.pass(3_700_000);
  expect((await reader.call('GET', '/customers')).status).toBe(401);
  expect((await rig.caller(key)('GET', '/customers')).status).toBe(200);
  await rig.admin('DELETE', `/api/apps/${reader.id}`);
  expect((await rig.caller(key)('GET', '/customers')).status).toBe(401);
  await rig.restart();
  expect((await rig.caller(key)('GET', '/customers')).status).toBe(401);
});

test('only administrators let systems in, and members cannot write as one', async () => {
  const crm = await rig.app(everything);
  for (const [method, path, body] of [
    ['GET', '/api/apps'],
    ['POST', '/api/apps', { name: 'Mine', may: ['customers:read'] }],
    ['POST', `/api/apps/${crm.id}/key`, {}],
    ['DELETE', `/api/apps/${crm.id}`],
    ['POST', `/api/apps/${crm.id}/webhooks`, { url: 'https://example.com/', events: ['tag.changed'] }],
    ['POST', '/api/webhooks/x/test'],
    ['GET', '/api/webhooks/x/deliveries'],
  ] as const) {
    const answer = await rig.send(method, path, bearer(ben.token), body);
    expect(answer.status, `${method} ${path}`).toBe(403);
  }
  const made = { app: 'mine', name: 'x', may: ['customers:read'], key: { id: 'k', prefix: 'x' } };
  expect(await rig.command(rig.me, 'apps/main', 'app.made', made)).toBe('bad-request');
  expect(await rig.command(rig.me, 'directory/main:admin', 'webhook.dropped', { webhook: 'x' })).toBe(
    'bad-request',
  );
  const listed = await (await rig.admin('GET', '/api/apps')).text();
  expect(listed).not.toContain(crm.key);
  expect(JSON.parse(listed)).toMatchObject([
    { name: 'CRM', usedAt: null, keys: [{ prefix: crm.key.slice(0, 11) }] },
  ]);
  const entries = rig.workspace.relay.entries(null, rig.room('apps/main'), 0, 10);
  expect(entries.map(({ type, by }) => [type, by])).toEqual([['app.made', rig.me.member.id]]);
});

test('an app that asks too much has to wait, and nobody else', async () => {
  await rig.close();
  rig = await openAppRig({}, { appRequests: 2 });
  const [busy, other] = [await rig.app(everything), await rig.app(everything, 'Other')];
  const answers = await Promise.all(Array.from({ length: 100 }, () => busy.call('GET', '/customers')));
  expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(10);
  expect((await other.call('GET', '/customers')).status).toBe(200);
});
