import { createRoute, z } from '@hono/zod-openapi';
import type { Push } from '../../push/contract.ts';
import type { AppDeps } from '../deps.ts';
import { guestSignedIn } from '../guards.ts';
import { take } from '../refusals.ts';
import { body, guestsOnly, json, nothing, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';
import { pushSubscription } from './push.ts';

const tags = ['Guests'];

/** Where a guest's browser is told of answers while the page is not open: one place for each session, and it ends with it. */
export function addGuestPushRoutes(routes: Routes, deps: AppDeps, push: Push): void {
  const middleware = [guestSignedIn(deps)];
  const shared = { path: '/api/guest/push', tags, security: guestsOnly, middleware } as const;
  const refused = refusals('not-signed-in', 'session-ended', 'customer-ended', 'too-many-requests');

  routes.openapi(
    createRoute({
      ...shared,
      method: 'get',
      summary: 'The key with which a guest’s browser subscribes to what it is told.',
      responses: { 200: json(z.object({ key: z.string() }), 'VAPID, base64url'), ...refused },
    }),
    (c) => c.json({ key: push.publicKey }, 200),
  );

  routes.openapi(
    createRoute({
      ...shared,
      method: 'put',
      summary: 'Has this guest’s browser told of answers through its push service.',
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
      ...shared,
      method: 'delete',
      summary: 'Tells this guest’s browser of nothing any more.',
      responses: { 204: nothing('Forgotten'), ...refused, ...refusals('wrong-origin') },
    }),
    (c) => {
      push.unsubscribe(c.get('caller'));
      return c.body(null, 204);
    },
  );
}
