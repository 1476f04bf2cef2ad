import { createRoute, z } from '@hono/zod-openapi';
import { isAdmin } from '../../../shared/access/actor.ts';
import type { AppId, MemberId } from '../../../shared/base/ids.ts';
import type { AdminState } from '../../../shared/features/directory/admin.ts';
import { longestWebhookUrl, webhookEventNames } from '../../../shared/features/webhooks/schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { longestOverlap } from '../../auth/app-tokens.ts';
import type { Delivery, Webhooks } from '../../webhooks/contract.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse, take } from '../refusals.ts';
import { body, id, json, membersOnly, nothing, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Connected systems'];
const security = membersOnly;
const refused = {
  ...refusals('not-signed-in', 'session-ended', 'forbidden', 'wrong-origin'),
  ...refusals('bad-request', 'not-found', 'storage-failed'),
};

const events = z.array(z.enum(webhookEventNames)).min(1).max(webhookEventNames.length);
const url = z.url().max(longestWebhookUrl);

export const webhookAnswer = z
  .object({
    id,
    url: z.string(),
    events: z.array(z.enum(webhookEventNames)),
    on: z.boolean(),
    off: z
      .object({ why: z.enum(['by-hand', 'failing', 'gone', 'restored']), at: time })
      .nullable()
      .openapi({ description: 'Why it is told nothing, and since when' }),
    waiting: z.number().int().openapi({ description: 'What it has not taken yet' }),
    failingSince: time.nullable(),
    hasSecret: z.boolean().openapi({ description: 'Without one, after a restore, it is told nothing' }),
    formerUntil: time
      .nullable()
      .openapi({ description: 'Until when it is signed with the secret before too' }),
  })
  .openapi('Webhook');

const deliveryAnswer = z
  .object({
    n: z.number().int(),
    message: z.string().openapi({ description: '`webhook-id`' }),
    type: z.string(),
    at: time,
    attempts: z.number().int(),
    attemptedAt: time.nullable(),
    status: z.number().int().nullable(),
    said: z.string().openapi({ description: 'How the answer began, or why there was none' }),
    took: z.number().int().openapi({ description: 'Milliseconds' }),
    over: z.boolean().openapi({ description: 'Told, or given up' }),
  })
  .openapi('WebhookDelivery');

const asAnswer = (delivery: Delivery): z.infer<typeof deliveryAnswer> => {
  const { n, message, type, at, attempts, attemptedAt, status, said, took, overAt } = delivery;
  return { n, message, type, at, attempts, attemptedAt, status, said, took, over: overAt !== null };
};

/** Webhooks of one app, in the order in which they were made. */
export function webhooksOf(
  { relay }: AppDeps,
  webhooks: Webhooks,
  app: AppId,
): z.infer<typeof webhookAnswer>[] {
  const { webhooks: all = {} } = relay.state(
    roomId(relay.workspace, 'directory', 'main', 'admin'),
  ) as AdminState;
  return Object.values(all)
    .filter((each) => each.app === app)
    .map(({ id: of, url: to, events: about, off }) => ({
      ...{ id: of, url: to, events: [...about], on: off === null, off },
      ...webhooks.standing(of),
    }));
}

/** What other systems are told, and what became of it; for administrators. */
export function addWebhookRoutes(routes: Routes, deps: AppDeps, webhooks: Webhooks): void {
  const middleware = [signedIn(deps)];
  const params = z.object({ id });
  const administrator = (member: MemberId): MemberId => {
    const actor = deps.relay.actor(member);
    return actor?.active && isAdmin(actor) ? member : refuse('forbidden', 'this is for administrators');
  };

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/apps/{id}/webhooks',
      tags,
      security,
      middleware,
      summary: 'Has an address told what happens. The secret by which it knows the relay is told this once.',
      request: { params, body: body(z.object({ url, events })) },
      responses: {
        201: json(z.object({ webhook: id, secret: z.string() }), 'Made, durable'),
        ...refused,
        ...refusals('too-many'),
      },
    }),
    async (c) => {
      const by = administrator(c.get('caller').member);
      const { url: to, events: about } = c.req.valid('json');
      return c.json(take(await webhooks.make(by, c.req.valid('param').id as AppId, to, about)), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/webhooks/{id}',
      tags,
      security,
      middleware,
      summary: 'Changes a webhook, switches it off, or on again: then it is told what happens from now on.',
      request: { params, body: body(z.object({ url, events, on: z.boolean() })) },
      responses: { 204: nothing('Changed, durable'), ...refused },
    }),
    async (c) => {
      const by = administrator(c.get('caller').member);
      take(await webhooks.change(by, c.req.valid('param').id, c.req.valid('json')));
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/webhooks/{id}',
      tags,
      security,
      middleware,
      summary: 'Tells the address nothing any more, and forgets what it was to be told.',
      request: { params },
      responses: { 204: nothing('Gone, durable'), ...refused },
    }),
    async (c) => {
      const by = administrator(c.get('caller').member);
      take(await webhooks.drop(by, c.req.valid('param').id));
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/webhooks/{id}/secret',
      tags,
      security,
      middleware,
      summary: 'A new secret, told this once. Until the hours are over messages are signed with both.',
      request: {
        params,
        body: body(z.object({ hours: z.number().int().min(0).max(longestOverlap).default(24) })),
      },
      responses: { 201: json(z.object({ secret: z.string() }), 'Made, durable'), ...refused },
    }),
    (c) => {
      administrator(c.get('caller').member);
      return c.json(take(webhooks.rotate(c.req.valid('param').id, c.req.valid('json').hours)), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/webhooks/{id}/test',
      tags,
      security,
      middleware,
      summary: 'Tells the address `webhook.test` now, and says what it answered.',
      request: { params },
      responses: { 200: json(deliveryAnswer, 'What came of it'), ...refused },
    }),
    async (c) => {
      administrator(c.get('caller').member);
      return c.json(asAnswer(take(await webhooks.test(c.req.valid('param').id))), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/webhooks/{id}/deliveries',
      tags,
      security,
      middleware,
      summary: 'What the address was told last.',
      request: { params },
      responses: { 200: json(z.array(deliveryAnswer), 'At most 50, the newest first'), ...refused },
    }),
    (c) => {
      administrator(c.get('caller').member);
      return c.json(webhooks.deliveries(c.req.valid('param').id).map(asAnswer), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/webhooks/{id}/deliveries/{n}/again',
      tags,
      security,
      middleware,
      summary: 'Tells the address something again that it was told, or that was given up.',
      request: { params: params.extend({ n: z.coerce.number().int().min(1) }) },
      responses: {
        200: json(deliveryAnswer, 'What came of it'),
        ...refused,
        ...refusals('out-of-order'),
      },
    }),
    async (c) => {
      administrator(c.get('caller').member);
      const { id: of, n } = c.req.valid('param');
      return c.json(asAnswer(take(await webhooks.again(of, n))), 200);
    },
  );
}
