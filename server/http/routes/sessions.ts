import { createRoute, z } from '@hono/zod-openapi';
import { openSession, who } from '../answers.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse, take } from '../refusals.ts';
import { clientNetwork, isSecure } from '../request-facts.ts';
import {
  body,
  device,
  email,
  id,
  json,
  membersOnly,
  nothing,
  password,
  refusals,
  signInAnswer,
  time,
  whoAnswer,
} from '../schemas.ts';
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from '../session-cookie.ts';
import type { Routes } from './app.ts';

const tags = ['Sessions'];
const security = membersOnly;

const signInRoute = createRoute({
  method: 'post',
  path: '/api/sign-in',
  tags,
  summary: 'Signs in with e-mail and password.',
  request: { body: body(z.object({ email, password, device: device.optional() })) },
  responses: {
    200: json(signInAnswer, 'Signed in; the token also stands in a cookie'),
    ...refusals('bad-request', 'wrong-password', 'too-many-requests'),
  },
});

export function addSignInRoute(routes: Routes, deps: AppDeps): void {
  routes.openapi(signInRoute, async (c) => {
    const { email: address, password: secret, device: claim } = c.req.valid('json');
    const network = clientNetwork(c, deps.trustedProxies);
    const checked = await deps.auth.signIn.check(address, secret, network);
    if (!checked.ok) deps.log.warn({ code: checked.error.code, network }, 'sign-in refused');
    const member = take(checked);
    deps.log.info({ member }, 'signed in');
    return c.json(openSession(c, deps, member, claim), 200);
  });
}

export function addSessionRoutes(routes: Routes, deps: AppDeps): void {
  const { auth, log, trustedProxies } = deps;
  const middleware = [signedIn(deps)];
  const refused = refusals('not-signed-in', 'session-ended', 'wrong-origin');

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/session',
      tags,
      security,
      middleware,
      summary: 'Who is signed in.',
      responses: { 200: json(whoAnswer, 'This session'), ...refused },
    }),
    (c) => {
      const { member, session, device: own } = c.get('caller');
      const secure = isSecure(c, deps);
      const cookie = readSessionCookie(c, secure);
      // Browsers let cookies run out; a page that is opened now and then keeps its own.
      if (cookie !== undefined && !c.req.header('authorization')) writeSessionCookie(c, secure, cookie);
      return c.json(who(deps, member, { id: session, device: own }), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/sign-out',
      tags,
      security,
      middleware,
      summary: 'Ends this session and its sockets.',
      responses: { 204: nothing('Signed out'), ...refused },
    }),
    (c) => {
      const { member, session } = c.get('caller');
      auth.sessions.end(member, session);
      clearSessionCookie(c, isSecure(c, deps));
      log.info({ member }, 'signed out');
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/sign-out-everywhere',
      tags,
      security,
      middleware,
      summary: 'Ends all sessions of this member, this one too.',
      responses: { 204: nothing('Signed out everywhere'), ...refused },
    }),
    (c) => {
      const { member } = c.get('caller');
      auth.sessions.endAll(member);
      clearSessionCookie(c, isSecure(c, deps));
      log.info({ member }, 'signed out everywhere');
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/sessions',
      tags,
      security,
      middleware,
      summary: 'The devices on which this member is signed in, last seen first.',
      responses: {
        200: json(
          z.array(
            z
              .object({
                id,
                device: z.object({ id, name: z.string() }),
                createdAt: time,
                seenAt: time,
                current: z.boolean(),
              })
              .openapi('Session'),
          ),
          'Sessions',
        ),
        ...refused,
      },
    }),
    (c) => {
      const { member, session: current } = c.get('caller');
      const sessions = auth.sessions.list(member).map((session) => ({
        id: session.id,
        device: { id: session.device, name: session.deviceName },
        createdAt: session.createdAt,
        seenAt: session.seenAt,
        current: session.id === current,
      }));
      return c.json(sessions, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/sessions/{id}',
      tags,
      security,
      middleware,
      summary: 'Ends one session of this member and its sockets at once.',
      request: { params: z.object({ id }) },
      responses: { 204: nothing('Ended'), ...refused, ...refusals('not-found') },
    }),
    (c) => {
      const { member } = c.get('caller');
      if (!auth.sessions.end(member, c.req.valid('param').id)) return refuse('not-found', 'no such session');
      log.info({ member }, 'session ended');
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/password',
      tags,
      security,
      middleware,
      summary: 'Changes the password and ends all other sessions of this member.',
      request: { body: body(z.object({ current: password, next: password })) },
      responses: {
        204: nothing('Changed'),
        ...refusals('bad-request', 'not-signed-in', 'wrong-password', 'wrong-origin', 'too-many-requests'),
      },
    }),
    async (c) => {
      const { member, session } = c.get('caller');
      const network = clientNetwork(c, trustedProxies);
      const mayStill = c.get('isStillSignedIn');
      take(await auth.signIn.changePassword(member, c.req.valid('json'), network, mayStill));
      auth.sessions.endOthers(member, session);
      log.info({ member }, 'password changed');
      return c.body(null, 204);
    },
  );
}
