import { createRoute, z } from '@hono/zod-openapi';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { take } from '../refusals.ts';
import { body, id, json, membersOnly, nothing, refusals, role, time } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Invitations'];
const security = membersOnly;
const refused = refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'wrong-origin');

const invitation = z
  .object({
    id,
    role,
    uses: z.number().int(),
    maxUses: z.number().int().nullable(),
    expiresAt: time,
    createdBy: id,
    createdAt: time,
    revokedAt: time.nullable(),
  })
  .openapi('Invitation');

export function addInvitationRoutes(routes: Routes, deps: AppDeps): void {
  const { auth, log } = deps;
  const middleware = [signedIn(deps)];

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/invitations',
      tags,
      security,
      middleware,
      summary: 'Invitations, newest first, without their codes. For owners and administrators.',
      responses: { 200: json(z.array(invitation), 'Invitations'), ...refused },
    }),
    (c) => c.json(take(auth.invitations.list(c.get('caller').member)), 200),
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/invitations',
      tags,
      security,
      middleware,
      summary: 'Makes an invitation link. Administrators invite members; owners invite anybody.',
      request: {
        body: body(
          z.object({
            role,
            maxUses: z.number().int().min(1).max(10_000).nullable(),
            expiresInDays: z.number().int().min(1).max(365),
          }),
        ),
      },
      responses: {
        200: json(
          z.object({ id, code: z.string(), url: z.string().openapi({ example: '/join/<code>' }) }),
          'The code, shown this once',
        ),
        ...refused,
      },
    }),
    (c) => {
      const { member } = c.get('caller');
      const made = take(auth.invitations.create(member, c.req.valid('json')));
      log.info({ member, invitation: made.id }, 'invitation made');
      return c.json({ ...made, url: `/join/${made.code}` }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/invitations/{id}',
      tags,
      security,
      middleware,
      summary: 'Revokes an invitation; nobody joins by it any more.',
      request: { params: z.object({ id }) },
      responses: { 204: nothing('Revoked'), ...refused, ...refusals('not-found') },
    }),
    (c) => {
      const { member } = c.get('caller');
      const invitationId = c.req.valid('param').id;
      take(auth.invitations.revoke(member, invitationId));
      log.info({ member, invitation: invitationId }, 'invitation revoked');
      return c.body(null, 204);
    },
  );
}
