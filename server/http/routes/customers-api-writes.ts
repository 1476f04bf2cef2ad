import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { failure } from '../../../shared/base/errors.ts';
import {
  newId,
  type CommandId,
  type CustomerId,
  type MemberId,
  type RoomId,
} from '../../../shared/base/ids.ts';
import {
  fixedFields,
  mostOfCustomer,
  type CustomerState,
} from '../../../shared/features/customers/customer-schema.ts';
import { stagesOf } from '../../../shared/features/customers/settings-schema.ts';
import type { CommandResult } from '../../../shared/protocol/messages.ts';
import { customerAnswer } from '../customers-view.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { refuse, Refused } from '../refusals.ts';
import { appsOnly, body, id, json, nothing, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';
import { appRefusals, type ForApps } from './for-apps.ts';

const tags = ['Customers, for other systems'];
const security = appsOnly;
const params = z.object({ id });
const idempotency = z.object({
  'idempotency-key': z.string().min(1).max(200).optional().openapi({
    description:
      'A request that comes again with the same key gets the answer of the first, whatever else it says; good for 30 days at least',
  }),
});

/** As commands take it: none that every object has. */
const tag = id.refine((each) => !(each in {}));

const change = z
  .object({
    fields: z
      .record(id, z.object({ value: z.string().max(500), seen: z.number().int().min(-1) }))
      .optional()
      .openapi({
        description:
          'By field. `seen` is what was read with the value that is changed, -1 for none. Where somebody else changed it since, both values are kept, and members decide',
      }),
    tags: z
      .object({ add: z.array(tag).max(100).default([]), remove: z.array(tag).max(100).default([]) })
      .optional(),
    stage: id.optional(),
    owner: id.optional(),
  })
  .openapi('ChangeOfCustomer');

const creation = z
  .object({
    fields: z.record(id, z.string().max(500)),
    owner: id.openapi({ description: 'The member whose customer it becomes' }),
    tags: z.array(id).max(20).default([]),
    stage: id.optional(),
    source: z.string().max(60).optional(),
    external: z.string().trim().min(1).max(200).optional(),
  })
  .openapi('NewCustomer');

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const stored = z.object({
  id: id.openapi({ description: 'Of the entry' }),
  seq: z.number().int().nullable().openapi({ description: 'Null: it was so already' }),
});

interface Wanted {
  readonly room: RoomId;
  readonly type: string;
  readonly data: unknown;
}

/** What other systems write: as commands like those of members, under the name of the app. */
export function addCustomerWrites(
  routes: Routes,
  { relay }: AppDeps,
  { apps, may, view, settings }: ForApps,
): void {
  const writing = [may('customers:write')];
  const speaking = [may('conversations:write')];
  const refused = {
    ...appRefusals,
    ...refusals(
      'bad-request',
      'not-found',
      'member-not-found',
      'customer-merged',
      'too-many',
      'too-large',
      'storage-failed',
    ),
  };

  const known = (customer: string): CustomerState => {
    const state = view.state(customer) ?? refuse('not-found', 'no such customer');
    return state;
  };

  /** All in one turn of the relay, so in one commit: none of them is there without the others. */
  const write = async (
    c: Context<AppEnvironment>,
    wanted: readonly Wanted[],
  ): Promise<readonly (CommandResult & { ok: true })[]> => {
    const caller = c.get('caller');
    const key = c.req.header('idempotency-key');
    const name = key === undefined ? newId() : digest(key).slice(0, 40);
    const first = relay.lastCommand(caller.device) + 1;
    const results = await Promise.all(
      wanted.map(({ room, type, data }, at) =>
        relay.command(caller, { id: `${name}-${at}` as CommandId, n: first + at, room, type, data }),
      ),
    );
    return results.map((result) => {
      if (!result.ok) throw new Refused(failure(result.code, result.message));
      return result;
    });
  };

  const one = async (c: Context<AppEnvironment>, wanted: Wanted): Promise<z.infer<typeof stored>> => {
    const [result] = await write(c, [wanted]);
    return { id: result!.id, seq: result!.seq };
  };

  /** What the rules of a single command do not look at, or would refuse when others of the request are taken already. */
  const check = (state: CustomerState | null, wish: z.infer<typeof change>): void => {
    const set = settings();
    const { tagGroups, fields } = set;
    const names = Object.keys(wish.fields ?? {});
    const own = names.filter((name) => !(fixedFields as readonly string[]).includes(name));
    const missing = own.find((name) => !Object.hasOwn(fields, name));
    if (missing !== undefined) refuse('bad-request', `fields.${missing}: the company has no such field`);
    if (new Set([...Object.keys(state?.fields ?? {}), ...own]).size > mostOfCustomer.fields)
      refuse('too-many', `a customer has at most ${mostOfCustomer.fields} fields`);
    const all = new Set(Object.values(tagGroups).flatMap(({ tags: of }) => of.map((tag) => tag.id)));
    const unknown = wish.tags?.add.find((tag) => !all.has(tag));
    if (unknown !== undefined) refuse('bad-request', `tags.add: there is no tag ${unknown}`);
    if (new Set([...(state?.tags ?? []), ...(wish.tags?.add ?? [])]).size > mostOfCustomer.tags)
      refuse('too-many', `a customer has at most ${mostOfCustomer.tags} tags`);
    if (wish.stage !== undefined && !stagesOf(set).some(({ id: of }) => of === wish.stage))
      refuse('bad-request', `stage: there is no stage ${wish.stage}`);
    const owner = wish.owner === undefined ? undefined : relay.directory().members[wish.owner as MemberId];
    if (wish.owner !== undefined && (!owner || owner.leftAt !== null))
      refuse('member-not-found', 'no such member');
  };

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/customers',
      tags,
      security,
      middleware: writing,
      summary: 'Writes a customer down. Their conversation begins when they come by a link of their own.',
      request: { headers: idempotency, body: body(creation) },
      responses: {
        201: json(customerAnswer, 'The customer, durable'),
        ...refused,
        ...refusals('already-exists'),
      },
    }),
    async (c) => {
      const { external = null, fields, tags: of, ...wish } = c.req.valid('json');
      const { id: app } = c.get('app');
      const key = c.req.header('idempotency-key');
      const customer = (key === undefined ? newId() : digest(`${app} ${key}`).slice(0, 22)) as CustomerId;
      check(null, {
        ...wish,
        tags: { add: of, remove: [] },
        fields: Object.fromEntries(Object.keys(fields).map((field) => [field, { value: '', seen: -1 }])),
      });
      const holder = external === null ? null : apps.store.customerOf(app, external);
      if (holder !== null && holder !== customer) {
        if (view.state(holder)) refuse('already-exists', 'this app calls another customer so');
        // It was noted for one who could not be written down then.
        apps.store.setExternal(app, holder, null);
      }
      // Noted before they are there: of two requests at once, or one before and one after an end, the second finds it.
      if (external !== null) apps.store.setExternal(app, customer, external);
      const data = { ...wish, values: fields, tags: of };
      await one(c, { room: view.fileRoom(customer), type: 'customer.create', data });
      return c.json(view.customer(customer, known(customer), external), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'patch',
      path: '/api/v1/customers/{id}',
      tags,
      security,
      middleware: writing,
      summary: 'Changes fields, tags, stage and owner of a customer, all of it or nothing.',
      request: { params, headers: idempotency, body: body(change) },
      responses: { 200: json(customerAnswer, 'The customer after it, durable'), ...refused },
    }),
    async (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      const wish = c.req.valid('json');
      check(known(customer), wish);
      const room = view.fileRoom(customer);
      const wanted: Wanted[] = [
        ...Object.entries(wish.fields ?? {}).map(([field, { value, seen }]) => ({
          ...{ room, type: 'customer.set', data: { field, value, seen } },
        })),
        ...(wish.tags ? [{ room, type: 'customer.tag', data: wish.tags }] : []),
        ...(wish.stage === undefined ? [] : [{ room, type: 'customer.stage', data: { stage: wish.stage } }]),
        ...(wish.owner === undefined ? [] : [{ room, type: 'customer.assign', data: { owner: wish.owner } }]),
      ];
      await write(c, wanted);
      const external = apps.store.externalOf(c.get('app').id, customer);
      return c.json(view.customer(customer, known(customer), external), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/v1/customers/{id}/external',
      tags,
      security,
      middleware: writing,
      summary: 'Notes what this app calls the customer, to find them by; null takes it away.',
      request: {
        params,
        body: body(z.object({ external: z.string().trim().min(1).max(200).nullable() })),
      },
      responses: {
        204: nothing('Noted. Other apps have names of their own'),
        ...refused,
        ...refusals('already-exists'),
      },
    }),
    (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      known(customer);
      const { external } = c.req.valid('json');
      if (!apps.store.setExternal(c.get('app').id, customer, external))
        return refuse('already-exists', 'this app calls another customer so');
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/customers/{id}/notes',
      tags,
      security,
      middleware: writing,
      summary: 'Adds a note to a customer’s file.',
      request: { params, headers: idempotency, body: body(z.object({ text: z.string().min(1).max(5_000) })) },
      responses: { 201: json(stored, 'There, durable'), ...refused },
    }),
    async (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      known(customer);
      const data = c.req.valid('json');
      return c.json(await one(c, { room: view.fileRoom(customer), type: 'customer.note', data }), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/customers/{id}/follow-ups',
      tags,
      security,
      middleware: writing,
      summary: 'Adds a follow-up to a customer’s file, and plans the next one.',
      request: {
        params,
        headers: idempotency,
        body: body(
          z.object({
            text: z.string().min(1).max(2_000),
            how: z.enum(['chat', 'call', 'visit', 'other']).default('other'),
            next: time.nullable().default(null).openapi({
              description: 'When to follow up again, milliseconds since 1970; null leaves what is planned',
            }),
          }),
        ),
      },
      responses: { 201: json(stored, 'There, durable'), ...refused },
    }),
    async (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      known(customer);
      const data = c.req.valid('json');
      return c.json(await one(c, { room: view.fileRoom(customer), type: 'customer.followUp', data }), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/customers/{id}/follow-ups/{followUp}/done',
      tags,
      security,
      middleware: writing,
      summary: 'Says that the planned follow-up is done.',
      request: { params: params.extend({ followUp: id }), headers: idempotency },
      responses: {
        200: json(stored, 'Done, durable; `seq` is null where something else is planned'),
        ...refused,
      },
    }),
    async (c) => {
      const { id: of, followUp } = c.req.valid('param');
      const { next } = known(of);
      // Whatever was planned before is not: then nothing is left to be done.
      const seq = next?.id === followUp ? next.seq : 0;
      const data = { target: { id: followUp, seq } };
      const room = view.fileRoom(of as CustomerId);
      return c.json(await one(c, { room, type: 'customer.done', data }), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/customers/{id}/messages',
      tags,
      security,
      middleware: speaking,
      summary: 'Says something to a customer, for the company and under the name of the app.',
      description: 'In words alone: apps send no files.',
      request: {
        params,
        headers: idempotency,
        body: body(z.object({ text: z.string().min(1).max(20_000) })),
      },
      responses: {
        201: json(stored, 'Said, durable'),
        ...refused,
        ...refusals('customer-ended', 'room-not-found'),
      },
    }),
    async (c) => {
      const customer = c.req.valid('param').id as CustomerId;
      known(customer);
      const data = c.req.valid('json');
      return c.json(await one(c, { room: view.chatRoom(customer), type: 'chat.send', data }), 201);
    },
  );
}
