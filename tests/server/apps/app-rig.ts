import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { createApp } from '../../../server/app.ts';
import { defaultBounds, noBoundMetrics, type Bounds } from '../../../server/bounds.ts';
import { createCustomersView } from '../../../server/http/customers-view.ts';
import { createRequestMetrics } from '../../../server/http/metrics.ts';
import { createOutside, type OutsideOptions } from '../../../server/outside/fetch.ts';
import type { Webhooks } from '../../../server/webhooks/contract.ts';
import { createWebhooks } from '../../../server/webhooks/webhooks.ts';
import { openWorkspace, type Workspace } from '../../../server/workspace.ts';
import { guestOf } from '../../../shared/base/guests.ts';
import { newId, type CustomerId, type MemberId, type RoomId } from '../../../shared/base/ids.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { noCards } from '../../support/no-cards.ts';
import { bearer, owner, ownPage, type SignedIn } from '../http/test-app.ts';

/** What answers have, each some of it. */
export interface Said {
  readonly id: string;
  readonly external: string | null;
  readonly next: string;
  readonly more: boolean;
  readonly fields: Readonly<
    Record<string, { readonly value: string; readonly conflict: readonly unknown[] }>
  >;
  readonly customers: readonly { readonly id: string }[];
  readonly history: readonly { readonly type: string; readonly by: { is: string; name: string } }[];
  readonly error?: { readonly code: string };
}

/** What a receiver of webhooks was told. */
export interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly payload: { readonly type: string; readonly data: Record<string, unknown> };
}

/** Another system's server on this machine. `answer` says what it answers; null leaves it without an answer. */
export async function startReceiver() {
  const told: Told[] = [];
  const open = { now: 0, most: 0 };
  const receiver = {
    told,
    open,
    answer: (_told: Told): { status: number; headers?: Record<string, string>; body?: string } | null => ({
      status: 204,
    }),
    url: '',
    host: '',
    types: () => told.map(({ payload }) => payload.type),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  const server: Server = createServer((request, response) => {
    open.most = Math.max(open.most, ++open.now);
    response.on('close', () => open.now--);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const one = { headers: request.headers, body, payload: JSON.parse(body || '{}') as Told['payload'] };
      told.push(one);
      const answer = receiver.answer(one);
      if (answer) response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  receiver.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  receiver.url = `http://${receiver.host}/hook`;
  return receiver;
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/** A workspace on a disk of its own with an administrator and a member, the whole API, and a clock held in the hand. */
export async function openAppRig(outsideOptions: OutsideOptions = {}, bounds: Partial<Bounds> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weft-apps-'));
  let now = Date.UTC(2026, 0, 5, 9);
  let ticks = 0;
  const clock = { now: () => now + ticks++ };
  let timers: { at: number; run: () => void }[] = [];
  const logged: string[] = [];
  const all = { ...defaultBounds, ...bounds };
  const log = {
    info: () => {},
    warn: (_facts: object, message: string) => void logged.push(message),
    error: (_facts: object, message: string) => void logged.push(message),
  };
  let workspace!: Workspace;
  let webhooks!: Webhooks;
  let app!: ReturnType<typeof createApp>;

  const open = async (): Promise<void> => {
    timers = [];
    workspace = await openWorkspace({ folder, durability: 'process', clock, bounds: all });
    webhooks = createWebhooks({
      store: workspace.webhookStore,
      apps: workspace.apps,
      relay: workspace.relay,
      customers: workspace.customers,
      outside: createOutside(outsideOptions),
      view: createCustomersView(workspace.relay),
      clock,
      log,
      later: (milliseconds, run) => void timers.push({ at: now + milliseconds, run }),
    });
    app = createApp({
      ...workspace,
      webhooks,
      clock,
      log,
      cards: noCards,
      metrics: createRequestMetrics(new Registry()),
      bounds: all,
      boundMetrics: noBoundMetrics,
      files: null,
      publicUrl: null,
      trustedProxies: 0,
    });
  };
  const shut = async (): Promise<void> => {
    webhooks.stop();
    await workspace.relay.stop();
    workspace.close();
  };

  const send = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<Response> =>
    app.request(path, {
      method,
      headers: { ...ownPage, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  await open();
  const token = workspace.auth.setup.link();
  const setUp = await send('POST', '/api/setup', {}, { token, workspace: 'Example', ...owner });
  const me = (await setUp.json()) as SignedIn;
  const room = (name: string): RoomId => `${me.workspace.id}/${name}` as RoomId;
  let n = 0;

  const rig = {
    me,
    room,
    logged,
    send,
    get workspace() {
      return workspace;
    },
    get webhooks() {
      return webhooks;
    },
    now: () => now,
    /** Runs what was to be done until the condition holds; the clock stands still. */
    async until(holds: () => boolean, what: string): Promise<void> {
      const patience = performance.now() + 10_000;
      while (!holds()) {
        if (performance.now() > patience) throw new Error(`waited in vain: ${what}`);
        rig.run();
        await new Promise((done) => setImmediate(done));
      }
    },
    run(): void {
      const due = timers.filter(({ at }) => at <= now + 100);
      timers = timers.filter(({ at }) => at > now + 100);
      for (const { run } of due) run();
    },
    pass(milliseconds: number): void {
      now += milliseconds;
      rig.run();
    },
    async newPerson(name: string): Promise<SignedIn> {
      const wish = { role: 'member', maxUses: 1, expiresInDays: 1 };
      const made = await send('POST', '/api/invitations', bearer(me.token), wish);
      const { code } = (await made.json()) as { code: string };
      const person = { name, email: `${name}@example.com`, password: `${name} has a secret` };
      return (await (await send('POST', `/api/join/${code}`, {}, person)).json()) as SignedIn;
    },
    async command(who: SignedIn, to: string, type: string, data: unknown): Promise<string> {
      const commands = [{ id: `c${++n}`, n, room: room(to), type, data }];
      const answer = await send('POST', '/api/commands', bearer(who.token), { commands });
      const { results } = (await answer.json()) as { results: { ok: boolean; code?: string }[] };
      return results[0]!.ok ? 'ok' : results[0]!.code!;
    },
    /** A customer who came by a link, with a conversation. */
    async customer(of: SignedIn = me, name = 'Zoe'): Promise<CustomerId> {
      const customer = newId<CustomerId>();
      const guest = guestOf(customer);
      const data = {
        ...{ link: { id: 'l1', name: 'Shop', source: 'web' }, guest, owner: of.member.id, name },
        ...{ tags: [], language: 'en', consentAt: now },
      };
      await workspace.relay.appendFact(room(`customer/${customer}`), 'customer.begin', guest, data);
      return customer;
    },
    state: (customer: string) => workspace.relay.state(room(`customer/${customer}`)) as CustomerState,
    async says(customer: CustomerId, text: string): Promise<void> {
      const guest = guestOf(customer);
      const caller = { member: guest, session: 's', device: `d-${customer}` as never };
      const command = {
        id: `g${++n}` as never,
        n,
        room: room(`chat/customer-${customer}`),
        type: 'chat.send',
      };
      const result = await workspace.relay.command(caller, { ...command, data: { text } });
      if (!result.ok) throw new Error(result.code);
    },
    /** An app and a way to call as it. */
    async app(may: readonly string[], name = 'CRM') {
      const answer = await send('POST', '/api/apps', bearer(me.token), { name, may });
      if (answer.status !== 201) throw new Error(await answer.text());
      const { app: id, key } = (await answer.json()) as { app: string; key: string };
      return { id, key, member: `app-${id}` as MemberId, call: rig.caller(key) };
    },
    caller:
      (key: string) =>
      async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
        const answer = await send(method, `/api/v1${path}`, { ...bearer(key), ...headers }, body);
        const text = await answer.text();
        return { status: answer.status, body: JSON.parse(text === '' ? '{}' : text) as Said };
      },
    async webhook(app: string, url: string, events: readonly string[]) {
      const answer = await send('POST', `/api/apps/${app}/webhooks`, bearer(me.token), { url, events });
      return { status: answer.status, ...((await answer.json()) as { webhook: string; secret: string }) };
    },
    admin: (method: string, path: string, body?: unknown) => send(method, path, bearer(me.token), body),
    /** The process ends without a farewell to anybody, and another one begins on the same folder. */
    async restart(): Promise<void> {
      await shut();
      await open();
    },
    async close(): Promise<void> {
      await shut();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return rig;
}

export type AppRig = Awaited<ReturnType<typeof openAppRig>>;
