import { createRoute, z } from '@hono/zod-openapi';
import type { MemberId } from '../../../shared/base/ids.ts';
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
    approve: z.boolean(),
    member: id.nullable(),
  })
  .openapi('Invitation');

/** Links in one request. */
const mostPersonal = 500;
const expiresInDays = z.number().int().min(1).max(365);
const link = z.object({ id, code: z.string(), url: z.string().openapi({ example: '/join/<code>' }) });
const withUrl = <Made extends { readonly code: string }>(made: Made): Made & { url: string } => ({
  ...made,
  url: `/join/${made.code}`,
});

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
            expiresInDays,
            approve: z.boolean().default(false),
          }),
        ),
      },
      responses: { 200: json(link, 'The code, shown this once'), ...refused },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const made = take(await auth.invitations.create(member, c.req.valid('json')));
      log.info({ member, invitation: made.id }, 'invitation made');
      return c.json(withUrl(made), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/invitations/personal',
      tags,
      security,
      middleware,
      summary: 'A link for each of these people, who are in the directory and not joined yet, or have left.',
      request: {
        body: body(z.object({ members: z.array(id).min(1).max(mostPersonal), expiresInDays })),
      },
      responses: {
        200: json(z.object({ links: z.array(link.extend({ member: id })) }), 'Codes, shown this once'),
        ...refused,
        ...refusals('member-not-found'),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const { members, expiresInDays: days } = c.req.valid('json');
      const links = take(await auth.invitations.createFor(member, members as MemberId[], days));
      log.info({ member, invitations: links.length }, 'personal invitations made');
      return c.json({ links: links.map(withUrl) }, 200);
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
    async (c) => {
      const { member } = c.get('caller');
      const invitationId = c.req.valid('param').id;
      take(await auth.invitations.revoke(member, invitationId));
      log.info({ member, invitation: invitationId }, 'invitation revoked');
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/join-requests/{id}',
      tags,
      security,
      middleware,
      summary: 'Lets somebody in who asked to join, or turns them away.',
      request: { params: z.object({ id }), body: body(z.object({ approve: z.boolean() })) },
      responses: { 204: nothing('Decided'), ...refused, ...refusals('not-found', 'email-taken') },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const { approve } = c.req.valid('json');
      take(await auth.requests.decide(member, c.req.valid('param').id, approve));
      log.info({ member, approve }, 'request to join decided');
      return c.body(null, 204);
    },
  );
}
