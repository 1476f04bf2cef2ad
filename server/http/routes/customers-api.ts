import { createRoute, z } from '@hono/zod-openapi';
import { appRights, type AppRight } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CustomerId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { settingsRoomId } from '../../../shared/features/customers/settings.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { mailKey, phoneKey } from '../../../shared/features/customers/match.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { AppTokens } from '../../auth/app-tokens.ts';
import { plainType } from '../../blobs/file-type.ts';
import type { CustomerLine, CustomersQuery, CustomersTable } from '../../storage/customers-contract.ts';
import { appSignedIn } from '../app-guard.ts';
import { changeAnswer, createCustomersView, customerAnswer, messageAnswer } from '../customers-view.ts';
import type { AppDeps } from '../deps.ts';
import { guardedBody } from '../guarded-body.ts';
import { refuse } from '../refusals.ts';
import { createRequestRate } from '../request-rate.ts';
import { appsOnly, id, json, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';
import { addCustomerWrites } from './customers-api-writes.ts';
import { appRefusals } from './for-apps.ts';

const tags = ['Customers, for other systems'];
const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Rows of a log that are looked through for one answer. */
const mostLooked = 500;

/** Where a list goes on, as apps carry it about. */
const cursorText = ({ changedAt, n }: CustomerLine): string => `${changedAt}.${n}`;
const cursorOf = (text: string): { at: number; n: number } | null => {
  const [, at, n] = /^(\d{1,16})\.(\d{1,16})$/.exec(text) ?? [];
  return at === undefined ? null : { at: Number(at), n: Number(n) };
};

/** Customers, tags, follow-ups and conversations for other systems of the company, each with a key of its own. */
export function addCustomersApi(
  routes: Routes,
  deps: AppDeps,
  apps: AppTokens,
  customers: CustomersTable,
): void {
  const { relay, blobs, clock, bounds, boundMetrics } = deps;
  const rate = createRequestRate(bounds, boundMetrics, 'appRequests');
  const view = createCustomersView(relay);
  const settingsRoom = roomId(relay.workspace, 'customers', settingsRoomId);
  const settings = (): SettingsState => relay.state(settingsRoom) as SettingsState;
  const may = (right: AppRight) => appSignedIn(apps, rate, right);
  const security = appsOnly;
  const reading = [may('customers:read')];
  const listening = [may('conversations:read')];

  const known = (customer: string) => view.state(customer) ?? refuse('not-found', 'no such customer');

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/app',
      tags,
      security,
      middleware: reading,
      summary: 'Who the caller is, and what the company set for its customers: tags, stages, fields.',
      responses: {
        200: json(
          z
            .object({
              app: z.object({ id, name: z.string(), may: z.array(z.enum(appRights)) }),
              company: z.string(),
              tags: z.array(z.object({ id, name: z.string(), group: z.string() })),
              stages: z
                .array(z.object({ id, name: z.string(), kind: z.enum(['open', 'won', 'lost']) }))
                .openapi({ description: 'Empty: the company has the usual ones, new, talk, won and lost' }),
              fields: z.array(
                z.object({ id, name: z.string(), type: z.string(), choices: z.array(z.string()) }),
              ),
            })
            .openapi('AppSurroundings'),
          'The app, and ids that customers refer to',
        ),
        ...appRefusals,
      },
    }),
    (c) => {
      const { id: own, name, may: rights } = c.get('app');
      const { tagGroups, stages, fields } = settings();
      return c.json(
        {
          app: { id: own, name, may: [...rights] },
          company: relay.directory().name,
          tags: Object.values(tagGroups).flatMap(({ name: group, tags: of }) =>
            of.map((tag) => ({ id: tag.id, name: tag.name, group })),
          ),
          stages: stages.map((stage) => ({ id: stage.id, name: stage.name, kind: stage.kind })),
          fields: Object.values(fields).map((field) => ({
            ...{ id: field.id, name: field.name, type: field.type },
            choices: [...(field.choices ?? [])],
          })),
        },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers',
      tags,
      security,
      middleware: reading,
      summary: 'Customers, who changed last at the end.',
      description:
        'All that is given has to hold. `next` goes on from there, also later: then come those who changed since, so that a copy is kept by asking now and then. Phone numbers and addresses are compared as people mean them, whatever blanks, signs and case they are written with.',
      request: {
        query: z.object({
          cursor: z.string().max(40).optional(),
          limit: z.coerce.number().int().min(1).max(100).default(50),
          updated_since: z.coerce.number().int().min(0).optional(),
          tag: id.optional(),
          stage: id.optional(),
          owner: id.optional(),
          phone: z.string().max(60).optional(),
          mail: z.string().max(200).optional(),
          external: z.string().max(200).optional(),
          ended: z.enum(['true', 'false']).optional(),
        }),
      },
      responses: {
        200: json(
          z.object({ customers: z.array(customerAnswer), next: z.string().nullable(), more: z.boolean() }),
          'In order; `next` is null while there was never one, `more` whether others come at once',
        ),
        ...appRefusals,
        ...refusals('bad-request'),
      },
    }),
    (c) => {
      const { cursor, limit, external, updated_since: since, ended, ...by } = c.req.valid('query');
      const { id: app } = c.get('app');
      const after =
        cursor === undefined ? null : (cursorOf(cursor) ?? refuse('bad-request', 'cursor: unknown'));
      const called = external === undefined ? undefined : apps.store.customerOf(app, external);
      // What was committed until now, and nothing of this millisecond, which may not be over.
      const to = clock.now();
      settings();
      const query: CustomersQuery = {
        changed: [since ?? 0, to],
        ...(external !== undefined && { ids: called ? [called] : [] }),
        ...(by.tag !== undefined && { tags: [by.tag] }),
        ...(by.stage !== undefined && { stages: [by.stage] }),
        ...(by.owner !== undefined && { owners: [by.owner as MemberId] }),
        ...(by.phone !== undefined && { phone: phoneKey(by.phone) }),
        ...(by.mail !== undefined && { mail: mailKey(by.mail) }),
        ...(ended !== undefined && { isEnded: ended === 'true' }),
      };
      const lines = customers.lines(query, 'changed', after, limit + 1);
      const shown = lines.slice(0, limit);
      const last = shown.at(-1);
      return c.json(
        {
          customers: shown.flatMap((line) => {
            const customer = line.id as CustomerId;
            const state = view.state(customer);
            return state ? [view.customer(customer, state, apps.store.externalOf(app, customer))] : [];
          }),
          next: last ? cursorText(last) : (cursor ?? null),
          more: lines.length > limit,
        },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers/{id}',
      tags,
      security,
      middleware: reading,
      summary: 'One customer as they are now.',
      request: { params: z.object({ id }) },
      responses: { 200: json(customerAnswer, 'The customer'), ...appRefusals, ...refusals('not-found') },
    }),
    (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      const external = apps.store.externalOf(c.get('app').id, customer);
      return c.json(view.customer(customer, known(customer), external), 200);
    },
  );

  /** Stored entries from there on, as many as one answer looks through, and where the next one goes on. */
  const looked = (room: RoomId, from: number): { entries: LogEntry[]; next: number; more: boolean } => {
    const entries = relay.entries(null, room, from, mostLooked);
    return { entries, next: from + entries.length, more: entries.length === mostLooked };
  };
  const page = z.object({ from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0) });
  const goesOn = { next: z.number().int(), more: z.boolean() };

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers/{id}/history',
      tags,
      security,
      middleware: reading,
      summary: 'What was done with a customer, in order: changes, notes, follow-ups.',
      request: {
        params: z.object({ id }),
        query: page.extend({
          type: z.string().max(64).optional().openapi({ example: 'customer.followUp' }),
        }),
      },
      responses: {
        200: json(
          z.object({ history: z.array(changeAnswer), ...goesOn }),
          'At most 500 entries; ask from `next` on for what follows, also later',
        ),
        ...appRefusals,
        ...refusals('bad-request', 'not-found'),
      },
    }),
    (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      known(customer);
      const { from, type } = c.req.valid('query');
      const { entries, next, more } = looked(view.fileRoom(customer), from);
      const history = entries.filter((entry) => type === undefined || entry.type === type).map(view.change);
      return c.json({ history, next, more }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers/{id}/messages',
      tags,
      security,
      middleware: listening,
      summary: 'What was said in the conversation with a customer, in order.',
      request: { params: z.object({ id }), query: page },
      responses: {
        200: json(
          z.object({ messages: z.array(messageAnswer), ...goesOn }),
          'At most 500; ask from `next` on for what follows, also later. Edits and recalls come as what they are',
        ),
        ...appRefusals,
        ...refusals('bad-request', 'not-found'),
      },
    }),
    (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      known(customer);
      const { entries, next, more } = looked(view.chatRoom(customer), c.req.valid('query').from);
      const messages = entries.flatMap((entry) => view.message(customer, entry) ?? []);
      return c.json({ messages, next, more }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers/{id}/files/{hash}',
      tags,
      security,
      middleware: listening,
      summary: 'A file of the conversation with a customer.',
      request: { params: z.object({ id, hash }) },
      responses: {
        200: {
          description: 'The bytes',
          content: { [plainType]: { schema: z.string().openapi({ format: 'binary' }) } },
        },
        ...appRefusals,
        ...refusals('bad-request', 'not-found', 'not-kept'),
      },
    }),
    async (c) => {
      const { id: of, hash: file } = c.req.valid('param');
      known(of);
      const info = blobs.find(view.chatRoom(of as CustomerId), file);
      if (!info) return refuse('not-found', 'no such file, or it has not arrived');
      if (info.removedAt !== null) return refuse('not-kept', 'this file is older than what is kept');
      const content = await blobs.open(info);
      if (!content) return refuse('not-found', 'the relay has lost this file');
      c.header('Content-Type', info.type);
      c.header('Content-Length', String(info.size));
      c.header('Content-Disposition', `attachment; filename="${file}"`);
      return c.body(guardedBody(c, content, c.get('isStillSignedIn')), 200);
    },
  );

  addCustomerWrites(routes, deps, { apps, may, view, settings });
}
