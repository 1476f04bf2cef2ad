import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Invitation } from '../../auth/contract.ts';
import { openSession } from '../answers.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { Refused, take } from '../refusals.ts';
import { clientNetwork } from '../request-facts.ts';
import { body, device, email, json, password, personName, refusals, role, signInAnswer } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Invitations'];
const params = z.object({ code: z.string().min(1).max(200) });

const lookRoute = createRoute({
  method: 'get',
  path: '/api/join/{code}',
  tags,
  summary: 'What an invitation says before one accepts it. Public.',
  request: { params },
  responses: {
    200: json(
      z.object({
        workspace: z.object({ name: z.string() }),
        invitedBy: z.string(),
        role,
        approve: z.boolean(),
        person: z.object({ name: z.string(), email: z.string() }).nullable(),
      }),
      'The invitation can be used',
    ),
    ...refusals('link-invalid', 'link-expired', 'too-many-requests'),
  },
});

const joinRoute = createRoute({
  method: 'post',
  path: '/api/join/{code}',
  tags,
  summary: 'Accepts an invitation: makes the member and signs in.',
  request: {
    params,
    body: body(z.object({ name: personName, email, password, device: device.optional() })),
  },
  responses: {
    200: json(signInAnswer, 'Joined and signed in'),
    202: json(z.object({ waiting: z.literal(true) }), 'Somebody has to approve; sign in after that'),
    ...refusals(
      'bad-request',
      'link-invalid',
      'link-expired',
      'email-taken',
      'join-waiting',
      'too-many-requests',
    ),
  },
});

export function addJoinRoutes(routes: Routes, deps: AppDeps): void {
  const { auth, relay, log, trustedProxies } = deps;

  /** Counts codes that do not exist, so that nobody can try many. */
  async function look(c: Context<AppEnvironment>, code: string): Promise<Invitation> {
    const network = clientNetwork(c, trustedProxies);
    const refusal = await auth.throttle.refusal(network);
    if (refusal) throw new Refused(refusal);
    const found = auth.invitations.look(code);
    if (!found.ok && found.error.code === 'link-invalid') take(await auth.throttle.attempt(network));
    return take(found);
  }

  routes.openapi(lookRoute, async (c) => {
    c.header('Cache-Control', 'no-store');
    const invitation = await look(c, c.req.valid('param').code);
    const { name, members } = relay.directory();
    const person = invitation.member === null ? undefined : members[invitation.member];
    return c.json(
      {
        workspace: { name },
        invitedBy: members[invitation.createdBy]?.name ?? '',
        role: invitation.role,
        approve: invitation.approve,
        person: person ? { name: person.name, email: person.email } : null,
      },
      200,
    );
  });

  routes.openapi(joinRoute, async (c) => {
    const { device: claim, ...person } = c.req.valid('json');
    const { code } = c.req.valid('param');
    await look(c, code);
    const joined = take(await auth.invitations.join(code, person));
    if ('waiting' in joined) return c.json({ waiting: true as const }, 202);
    log.info({ member: joined.member }, 'joined');
    return c.json(openSession(c, deps, joined.member, claim), 200);
  });
}
