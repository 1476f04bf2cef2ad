import { createRoute, z } from '@hono/zod-openapi';
import type { Push } from '../../push/contract.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { take } from '../refusals.ts';
import { body, json, membersOnly, nothing, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Notifications'];
const security = membersOnly;
const key = z.string().regex(/^[A-Za-z0-9_-]{1,200}$/);
export const pushSubscription = z
  .object({
    endpoint: z.string().max(2_000),
    keys: z.object({ p256dh: key, auth: key }),
    language: z.enum(['en', 'zh']),
  })
  .openapi('PushSubscription', { description: 'As browsers give it, and the language of what they show' });

/** Where a browser is told of messages while no page is open: one place for each session, and it ends with it. */
export function addPushRoutes(routes: Routes, deps: AppDeps, push: Push): void {
  const middleware = [signedIn(deps)];
  const refused = refusals('not-signed-in', 'session-ended');

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/push',
      tags,
      security,
      middleware,
      summary: 'The key with which browsers subscribe to what the relay tells them.',
      responses: { 200: json(z.object({ key: z.string() }), 'VAPID, base64url'), ...refused },
    }),
    (c) => c.json({ key: push.publicKey }, 200),
  );

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/push',
      tags,
      security,
      middleware,
      summary: 'Has this session told of messages through the push service of its browser.',
      request: { body: body(pushSubscription) },
      responses: {
        204: nothing('In the place of what it had before'),
        ...refused,
        ...refusals('bad-request', 'wrong-origin'),
      },
    }),
    (c) => {
      const { endpoint, keys, language } = c.req.valid('json');
      take(push.subscribe(c.get('caller'), { endpoint, ...keys }, language));
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/push',
      tags,
      security,
      middleware,
      summary: 'Tells this session of nothing any more.',
      responses: { 204: nothing('Forgotten'), ...refused, ...refusals('wrong-origin') },
    }),
    (c) => {
      push.unsubscribe(c.get('caller'));
      return c.body(null, 204);
    },
  );
}
