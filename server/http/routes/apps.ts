import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { appRights, isAdmin } from '../../../shared/access/actor.ts';
import type { AppId, MemberId } from '../../../shared/base/ids.ts';
import type { AppState } from '../../../shared/features/apps/schema.ts';
import { longestOverlap, type AppTokens } from '../../auth/app-tokens.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { signedIn } from '../guards.ts';
import { refuse, take } from '../refusals.ts';
import { body, id, json, membersOnly, nothing, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';
import { addWebhookRoutes, webhookAnswer, webhooksOf } from './webhooks.ts';

const tags = ['Connected systems'];
const security = membersOnly;
const adminRefusals = refusals('not-signed-in', 'session-ended', 'forbidden', 'wrong-origin');
const overlap = z.object({
  hours: z.number().int().min(0).max(longestOverlap).default(0).openapi({
    description: 'How long what is replaced goes on beside the new one',
  }),
});

const appAnswer = z
  .object({
    id,
    name: z.string(),
    may: z.array(z.enum(appRights)),
    by: id,
    at: time,
    usedAt: time.nullable(),
    keys: z.array(z.object({ prefix: z.string(), at: time, until: time.nullable() })),
    webhooks: z.array(webhookAnswer),
  })
  .openapi('App', { description: 'Another system of the company' });

/** Who asks, if they administer the workspace: also when the body of the request took long to come. */
const administrator = (deps: AppDeps, c: Context<AppEnvironment>): MemberId => {
  const { member } = c.get('caller');
  const actor = deps.relay.actor(member);
  return actor?.active && isAdmin(actor) ? member : refuse('forbidden', 'this is for administrators');
};

/** Other systems of the company: letting them in, and out again. */
export function addAppRoutes(routes: Routes, deps: AppDeps, apps: AppTokens): void {
  const { clock, log, webhooks } = deps;
  const middleware = [signedIn(deps)];

  const answer = (app: AppState): z.infer<typeof appAnswer> => ({
    ...{ id: app.id, name: app.name, may: [...app.may], by: app.by, at: app.at },
    usedAt: apps.usedAt(app.id),
    keys: app.keys
      .filter(({ until }) => until === null || until > clock.now())
      .map(({ prefix, at, until }) => ({ prefix, at, until })),
    webhooks: webhooks ? webhooksOf(deps, webhooks, app.id) : [],
  });

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/apps',
      tags,
      security,
      middleware,
      summary: 'The systems that are let in, with their webhooks.',
      responses: { 200: json(z.array(appAnswer), 'All of them, the newest first'), ...adminRefusals },
    }),
    (c) => {
      administrator(deps, c);
      const all = Object.values(apps.state().apps).filter(({ revoked }) => revoked === null);
      return c.json(all.sort((a, b) => b.at - a.at).map(answer), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/apps',
      tags,
      security,
      middleware,
      summary: 'Lets another system in. Its key is told this once.',
      request: {
        body: body(
          z.object({
            name: z.string().trim().min(1).max(60),
            may: z.array(z.enum(appRights)).min(1).max(appRights.length),
          }),
        ),
      },
      responses: {
        201: json(z.object({ app: id, key: z.string() }), 'Let in, durable'),
        ...adminRefusals,
        ...refusals('bad-request', 'too-many', 'storage-failed'),
      },
    }),
    async (c) => {
      const by = administrator(deps, c);
      const { name, may } = c.req.valid('json');
      const made = take(await apps.make(by, name, may));
      log.info({ app: made.app, by }, 'an app was let in');
      return c.json(made, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/apps/{id}/key',
      tags,
      security,
      middleware,
      summary: 'A new key for the system, told this once.',
      request: { params: z.object({ id }), body: body(overlap) },
      responses: {
        201: json(z.object({ key: z.string() }), 'Made, durable'),
        ...adminRefusals,
        ...refusals('bad-request', 'not-found', 'storage-failed'),
      },
    }),
    async (c) => {
      const by = administrator(deps, c);
      const app = c.req.valid('param').id as AppId;
      const made = take(await apps.rotate(by, app, c.req.valid('json').hours));
      log.info({ app, by }, 'an app has a new key');
      return c.json(made, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/apps/{id}',
      tags,
      security,
      middleware,
      summary: 'Takes the system out: keys, webhooks and what it is doing end at once.',
      request: { params: z.object({ id }) },
      responses: {
        204: nothing('Out, durable'),
        ...adminRefusals,
        ...refusals('not-found', 'storage-failed'),
      },
    }),
    async (c) => {
      const by = administrator(deps, c);
      const app = c.req.valid('param').id as AppId;
      take(await apps.revoke(by, app));
      await webhooks?.dropOf(by, app);
      log.info({ app, by }, 'an app was taken out');
      return c.body(null, 204);
    },
  );

  if (webhooks) addWebhookRoutes(routes, deps, webhooks);
}
