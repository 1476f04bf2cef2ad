import { createECDH } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics } from '../../../server/bounds.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { createOutside } from '../../../server/outside/fetch.ts';
import type { Push } from '../../../server/push/contract.ts';
import { createPush } from '../../../server/push/push.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { asBytes } from '../../../shared/base/bytes.ts';
import { systemClock } from '../../../shared/base/clock.ts';
import { newId, type MemberId } from '../../../shared/base/ids.ts';
import { bearer, owner, type SignedIn } from './test-app.ts';
import { noCards } from '../../support/no-cards.ts';

type Role = 'owner' | 'admin' | 'member';
interface Company {
  readonly workspace: Workspace;
  readonly app: ReturnType<typeof createApp>;
  readonly push: Push;
  readonly people: Readonly<Record<Role, SignedIn>>;
  /** A conversation of the owner alone. */
  readonly secret: string;
  readonly invitation: { readonly id: string; readonly code: string };
}

const folders: string[] = [];
const quiet = (): void => {};

const ask = (
  { app }: Pick<Company, 'app'>,
  who: SignedIn | null,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> =>
  Promise.resolve(
    app.request(path, {
      method,
      headers: { ...(who ? bearer(who.token) : {}), 'content-type': 'application/json' },
      ...(body === undefined
        ? {}
        : { body: body instanceof Uint8Array ? asBytes(body) : JSON.stringify(body) }),
    }),
  );

/** Where the owner's browser is told of messages. Its secret is nobody else's. */
const browserOf = (name: string) => ({
  endpoint: `https://push.example.com/${name}`,
  keys: { p256dh: createECDH('prime256v1').generateKeys('base64url'), auth: 'A'.repeat(22) },
  language: 'en',
});

async function found(name: string): Promise<Company> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-foreign-'));
  folders.push(folder);
  const workspace = await openWorkspace({ folder, durability: 'process' });
  const push = createPush({
    store: workspace.pushStore,
    relay: workspace.relay,
    sessions: workspace.auth.sessions,
    guests: workspace.auth.guests,
    outside: createOutside({ hosts: [] }),
    clock: systemClock,
    log: { warn: quiet },
    contact: 'mailto:it@example.com',
    bounds: defaultBounds,
  });
  const app = createApp({
    ...workspace,
    push,
    clock: systemClock,
    log: { info: quiet, warn: quiet, error: quiet },
    cards: noCards,
    metrics: createRequestMetrics(new Registry()),
    bounds: defaultBounds,
    boundMetrics: noBoundMetrics,
    files: null,
    publicUrl: null,
    trustedProxies: 0,
  });
  const it = { app };
  const json = async <T>(answer: Promise<Response>): Promise<T> => (await (await answer).json()) as T;
  const token = workspace.auth.setup.link();
  const me = await json<SignedIn>(ask(it, null, 'POST', '/api/setup', { token, workspace: name, ...owner }));
  const invite = (role: Role) =>
    json<{ id: string; code: string }>(
      ask(it, me, 'POST', '/api/invitations', { role, maxUses: null, expiresInDays: 7 }),
    );
  const person = async (role: Role): Promise<SignedIn> => {
    const { code } = await invite(role);
    const email = `${role}@${name.toLowerCase()}.example`;
    return json(
      ask(it, null, 'POST', `/api/join/${code}`, { name: role, email, password: `a ${role} secret` }),
    );
  };
  const people = { owner: me, admin: await person('admin'), member: await person('member') };
  const secret = `${me.workspace.id}/chat/${newId()}`;
  const made = [
    { room: secret, type: 'chat.create', data: { type: 'group', title: '', members: [me.member.id] } },
    { room: secret, type: 'chat.send', data: { text: 'between me and me' } },
    { room: secret, type: 'chat.link', data: { key: newId() } },
    { room: `${me.workspace.id}/doc/${newId()}:about`, type: 'doc.create', data: { title: 'Plan' } },
    { room: ownOf(me), type: 'list.chat', data: { chat: 'c', muted: true } },
    { room: `${ownOf(me)}:todos`, type: 'todo.add', data: { id: 't', text: 'mine alone' } },
  ];
  await ask(it, me, 'POST', '/api/commands', {
    commands: made.map((each, n) => ({ id: newId(), n: n + 1, ...each })),
  });
  await ask(it, me, 'PUT', '/api/push', browserOf(name));
  return { workspace, app, push, people, secret, invitation: await invite('member') };
}

let ours: Company;
let theirs: Company;
beforeAll(async () => {
  [ours, theirs] = [await found('Ours'), await found('Theirs')];
}, 60_000);
afterAll(async () => {
  for (const { workspace, push } of [ours, theirs]) {
    push.stop();
    await workspace.relay.stop();
    workspace.close();
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Everything a request could have changed, save when somebody was last seen. */
function state({ workspace: { relay, authStore, pushStore }, people }: Company): string {
  const members = Object.keys(relay.directory().members) as MemberId[];
  return JSON.stringify({
    directory: relay.directory(),
    rooms: relay.readable(people.owner.member.id as MemberId),
    invitations: authStore.invitations(),
    accounts: members.map((member) => authStore.accountOf(member)),
    browsers: members.map((member) => pushStore.of(member)),
    sessions: members.flatMap((member) => authStore.sessionsOf(member).map(({ id, device }) => [id, device])),
  });
}

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: unknown;
}

/** What stands for an id of somebody else in each place of a request. */
interface Foreign {
  readonly rooms: readonly string[];
  readonly sessions: readonly string[];
  readonly invitations: readonly string[];
  readonly members: readonly string[];
  readonly codes: readonly string[];
}

const png = new Uint8Array([
  ...Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  ...new Array<number>(100).fill(7),
]);
const hash = 'c'.repeat(64);
let n = 1_000;
const command = (room: string, type: string, data: unknown) => ({ id: newId(), n: ++n, room, type, data });

/** Bodies with foreign ids for every route that takes a body. A new route has to say here how it could be abused. */
const bodies: Readonly<Record<string, (foreign: Foreign) => readonly unknown[]>> = {
  'POST /api/setup': () => [{ token: 'x'.repeat(43), workspace: 'Mine', ...owner, email: 'new@example.org' }],
  'POST /api/sign-in': () => [{ email: 'owner@theirs.example', password: owner.password }],
  'POST /api/join/{code}': () => [{ name: 'Eve', email: 'eve@example.org', password: 'eve has a secret' }],
  'POST /api/password': () => [{ current: 'not my password', next: 'a new long secret' }],
  'POST /api/invitations': () => [{ role: 'owner', maxUses: 0, expiresInDays: 0 }],
  'POST /api/invitations/personal': ({ members }) =>
    members.map((member) => ({ members: [member], expiresInDays: 7 })),
  'POST /api/join-requests/{id}': () => [{ approve: true }, { approve: false }],
  'PUT /api/push': () => [{ ...browserOf('Ours'), keys: { p256dh: 'AAAA', auth: 'A'.repeat(22) } }],
  'PUT /api/blob': () => [png],
  'PATCH /api/upload': () => [png],
  'POST /api/blob/copy': ({ rooms }) =>
    rooms.flatMap((room) => [
      { from: room, room: ours.secret, hash },
      { from: ours.secret, room, hash },
    ]),
  'POST /api/guest': ({ codes }) => codes.map((code) => ({ code, language: 'en', consent: true })),
  'POST /api/guest/introduce': () => [{ name: 'Eve' }],
  'POST /api/guest/complain': () => [{ text: 'about somebody else' }],
  'POST /api/guest/quiet': () => [{ on: true }],
  // Names nobody: whose customers are told follows from who asks.
  'POST /api/broadcast-recipients': () => [{ stage: null, source: null, tags: [] }],
  'POST /api/customers/{id}/look': () => [{}],
  'POST /api/word-hits': ({ rooms }) =>
    rooms.map((room) => ({ room, type: 'chat.send', data: { text: 'x' } })),
  'PUT /api/guest/push': () => [{ ...browserOf('Ours'), language: 'en' }],
  // Other systems have keys of their own; no session is one.
  'POST /api/apps': () => [{ name: 'Mine', may: [] }],
  'POST /api/apps/{id}/key': () => [{ hours: 1 }],
  'POST /api/v1/customers': ({ members }) => members.map((owner) => ({ fields: { name: 'Eve' }, owner })),
  'PATCH /api/v1/customers/{id}': ({ members }) => members.map((owner) => ({ owner })),
  'PUT /api/v1/customers/{id}/external': () => [{ external: 'mine' }],
  'POST /api/v1/customers/{id}/notes': () => [{ text: 'hello' }],
  'POST /api/v1/customers/{id}/follow-ups': () => [{ text: 'hello' }],
  'POST /api/v1/customers/{id}/messages': () => [{ text: 'hello' }],
  'POST /api/group-link': ({ rooms }) =>
    rooms.flatMap((room) => ['undefined', 'k'.repeat(22)].map((key) => ({ group: idIn(room), key }))),
  'POST /api/commands': ({ rooms, members }) => [
    ...rooms.map((room) => ({ commands: [command(room, 'chat.send', { text: 'hello' })] })),
    ...rooms.map((room) => ({ commands: [command(room, 'chat.addMembers', { members: [...members] })] })),
    ...rooms.map((room) => ({ commands: [command(room, 'doc.rename', { title: 'Mine' })] })),
    ...rooms.map((room) => ({ commands: [command(room, 'list.chat', { chat: 'c', pinned: true })] })),
    ...rooms.map((room) => ({ commands: [command(room, 'todo.remove', { ids: ['t'] })] })),
    ...members.flatMap((member) => [
      { commands: [command(directoryOf(ours), 'member.remove', { member })] },
      { commands: [command(directoryOf(ours), 'member.role', { member, role: 'owner' })] },
      { commands: [command(directoryOf(theirs), 'member.remove', { member })] },
      {
        commands: [
          command(`${ours.people.owner.workspace.id}/chat/${newId()}`, 'chat.create', {
            type: 'direct',
            title: '',
            members: [member],
          }),
        ],
      },
    ]),
  ],
};
const ownOf = ({ workspace, member }: SignedIn): string => `${workspace.id}/personal/${member.id}`;
const directoryOf = ({ people }: Company): string => `${people.owner.workspace.id}/directory/main`;

const idIn = (room: string): string => /^[^/]*\/[^/]*\/([^:]*)/.exec(room)?.[1] ?? '';

const valuesOf = (name: string, place: string, path: string, foreign: Foreign): readonly string[] => {
  if (place === 'path' && name === 'code') return foreign.codes;
  if (place === 'path' && name === 'member') return foreign.members;
  if (place === 'path') return /invitation|join-request/.test(path) ? foreign.invitations : foreign.sessions;
  if (name === 'room') return foreign.rooms;
  if (name === 'group') return foreign.rooms.map(idIn);
  if (name === 'hash') return [hash];
  if (name === 'kind') return ['chat'];
  if (name === 'ids') return foreign.members;
  if (name === 'path') return ['[]'];
  return ['1'];
};

/** Every route of the description, with foreign ids in every place that takes one. */
async function attempts(foreign: Foreign): Promise<{ method: string; path: string; body?: unknown }[]> {
  const description = (await (await ask(ours, null, 'GET', '/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, Described>>;
  };
  const all: { method: string; path: string; body?: unknown }[] = [];
  for (const [pattern, methods] of Object.entries(description.paths))
    for (const [lower, { parameters = [], requestBody }] of Object.entries(methods)) {
      const method = lower.toUpperCase();
      const name = `${method} ${pattern}`;
      let addresses = [pattern];
      const [inPath, inQuery] = ['path', 'query'].map((place) =>
        parameters.filter((parameter) => parameter.in === place),
      );
      for (const { name: parameter } of inPath!)
        addresses = addresses.flatMap((address) =>
          valuesOf(parameter, 'path', pattern, foreign).map((value) =>
            address.replace(`{${parameter}}`, encodeURIComponent(value)),
          ),
        );
      for (const { name: parameter } of inQuery!)
        addresses = addresses.flatMap((address) =>
          valuesOf(parameter, 'query', pattern, foreign).map(
            (value) =>
              `${address}${address.includes('?') ? '&' : '?'}${parameter}=${encodeURIComponent(value)}`,
          ),
        );
      const takesBody = requestBody !== undefined || /^(PUT|PATCH) /.test(name);
      if (takesBody && !bodies[name]) throw new Error(`say in this test what ${name} could be abused for`);
      for (const path of addresses)
        for (const body of takesBody ? bodies[name]!(foreign) : [undefined])
          all.push({ method, path, ...(body === undefined ? {} : { body }) });
    }
  return all;
}

const foreignOf = (company: Company): Foreign => {
  const { id } = company.people.owner.workspace;
  return {
    rooms: [
      company.secret,
      `${company.secret}:reads`,
      ownOf(company.people.owner),
      `${ownOf(company.people.owner)}:todos`,
      ...(company === ours
        ? []
        : [directoryOf(company), `${id}/scratch/pad`, `${id}/doc/x`, `${id}/doc/x:about`]),
    ],
    sessions: [company.people.owner.session.id],
    invitations: [company.invitation.id],
    members: company === ours ? [newId()] : Object.values(company.people).map(({ member }) => member.id),
    codes: [company === ours ? 'no-such-code' : company.invitation.code],
  };
};

/** Routes that end what is the caller's own session's, or begin what is their own company's, and take no id. */
const ownEnd = /^(POST \/api\/sign-out|DELETE \/api\/push|POST \/api\/customers\/archive$)/;
/** Routes that answer about the caller or the product, whatever the request says. */
const ownAnswers =
  /^GET (\/api\/(session|sessions|apps|rooms|workspace|push|openapi\.json|docs|invitations)|\/healthz|\/metrics)(\?|$)/;

/** Names are told of ids that are known, and customers that are one's own; of others the answer is that there is nobody. */
const knowsNobody = (path: string, text: string): boolean =>
  (path.startsWith('/api/people?') && text === '{"people":[]}') ||
  (path === '/api/broadcast-recipients' && text === '{"customers":[],"reached":0}');

test('no route reads or changes anything by an id of another workspace', { timeout: 60_000 }, async () => {
  const before = [state(ours), state(theirs)];
  const strangers: (SignedIn | null)[] = [null, theirs.people.owner];
  const secrets = [theirs.secret, theirs.people.owner.member.id, theirs.people.owner.session.id];
  let tried = 0;
  for (const who of [...strangers, ...Object.values(ours.people)])
    for (const { method, path, body } of await attempts(foreignOf(theirs))) {
      if (ownEnd.test(`${method} ${path}`)) continue;
      const answer = await ask(ours, who, method, path, body);
      const text = await answer.text();
      const told = `${who?.member.role ?? 'stranger'} ${method} ${path} ${JSON.stringify(body)?.slice(0, 200)}`;
      tried++;
      if (!path.includes(theirs.secret))
        for (const secret of secrets) expect(text, told).not.toContain(secret);
      if (ownAnswers.test(`${method} ${path}`) || (answer.ok && knowsNobody(path, text))) continue;
      if (path === '/api/commands' && answer.status === 200) {
        const { results } = JSON.parse(text) as { results: { ok: boolean }[] };
        expect(
          results.every(({ ok }) => !ok),
          `${told}: ${text}`,
        ).toBe(true);
      } else expect(answer.status, `${told}: ${text.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
      expect(answer.status, told).toBeLessThan(500);
    }
  expect(tried).toBeGreaterThan(200);
  expect([state(ours), state(theirs)]).toEqual(before);
});

test(
  'no route reads or changes anything of a colleague that is not one’s own',
  { timeout: 60_000 },
  async () => {
    const before = state(ours);
    const { member } = ours.people;
    for (const { method, path, body } of await attempts(foreignOf(ours))) {
      if (ownEnd.test(`${method} ${path}`)) continue;
      const answer = await ask(ours, member, method, path, body);
      const text = await answer.text();
      const told = `${method} ${path} ${JSON.stringify(body)?.slice(0, 200)}`;
      expect(text, told).not.toContain('between me and me');
      if (!path.includes(ours.people.owner.session.id))
        expect(text, told).not.toContain(ours.people.owner.session.id);
      if (ownAnswers.test(`${method} ${path}`)) {
        if (path.startsWith('/api/invitations')) expect(answer.status).toBe(403);
        continue;
      }
      if (answer.ok && knowsNobody(path, text)) continue;
      if (path === '/api/commands' && answer.status === 200) {
        const { results } = JSON.parse(text) as { results: { ok: boolean }[] };
        expect(
          results.every(({ ok }) => !ok),
          `${told}: ${text}`,
        ).toBe(true);
      } else expect(answer.status, `${told}: ${text.slice(0, 200)}`).toBeGreaterThanOrEqual(400);
    }
    expect(state(ours)).toBe(before);
  },
);

test('nobody is told in another’s place, or ends it, by naming their browser', async () => {
  const { owner: first, member } = ours.people;
  const of = (person: SignedIn) => ours.workspace.pushStore.of(person.member.id as MemberId);
  const before = of(first);
  expect(before).toMatchObject([{ endpoint: browserOf('Ours').endpoint, session: first.session.id }]);
  const same = { ...browserOf('Ours'), keys: { ...browserOf('Ours').keys, auth: 'B'.repeat(22) } };
  const extra = { ...same, session: first.session.id, member: first.member.id };
  for (const body of [same, extra]) {
    expect((await ask(ours, member, 'PUT', '/api/push', body)).status).toBe(204);
    expect(of(member)).toMatchObject([{ session: member.session.id, member: member.member.id }]);
  }
  expect((await ask(ours, member, 'DELETE', '/api/push', extra)).status).toBe(204);
  expect(of(member)).toEqual([]);
  expect(of(first)).toEqual(before);
});

test('no route that members call answers without a session, or with one that is none', async () => {
  const description = (await (await ask(ours, null, 'GET', '/api/openapi.json')).json()) as {
    paths: Record<string, Record<string, { security?: unknown }>>;
  };
  const guarded = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { security }]) => (security ? [{ path, method }] : [])),
  );
  expect(guarded.length).toBeGreaterThan(12);
  for (const { path, method } of guarded)
    for (const token of [null, 'x', 'A'.repeat(43), theirs.people.owner.token, '']) {
      const answer = await ours.app.request(path.replace(/\{\w+\}/, 'x'), {
        method: method.toUpperCase(),
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(method === 'get' ? {} : { body: '{}' }),
      });
      expect([method, path, token, answer.status]).toEqual([method, path, token, 401]);
    }
});
