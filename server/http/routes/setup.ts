import { createRoute, z } from '@hono/zod-openapi';
import { openSession } from '../answers.ts';
import type { AppDeps } from '../deps.ts';
import { take } from '../refusals.ts';
import { clientNetwork } from '../request-facts.ts';
import {
  body,
  device,
  email,
  json,
  password,
  personName,
  refusals,
  signInAnswer,
  whoAnswer,
} from '../schemas.ts';
import type { Routes } from './app.ts';

const workspaceRoute = createRoute({
  method: 'get',
  path: '/api/workspace',
  tags: ['Workspace'],
  summary: 'Whether the workspace is set up, and its name. Public.',
  responses: {
    200: json(
      z.object({ setUp: z.boolean(), name: whoAnswer.shape.workspace.shape.name.nullable() }),
      'What everybody may know',
    ),
  },
});

const setupRoute = createRoute({
  method: 'post',
  path: '/api/setup',
  tags: ['Workspace'],
  summary: 'Makes the first owner, by the one-time link in the log of an empty relay.',
  request: {
    body: body(
      z.object({
        token: z.string().min(1).max(200),
        workspace: z.string().min(1).max(200),
        name: personName,
        email,
        password,
        device: device.optional(),
      }),
    ),
  },
  responses: {
    200: json(signInAnswer, 'Set up and signed in'),
    ...refusals('bad-request', 'link-invalid', 'already-set-up', 'too-many-requests'),
  },
});

export function addSetupRoutes(routes: Routes, deps: AppDeps): void {
  const { auth, relay, log, trustedProxies } = deps;

  routes.openapi(workspaceRoute, (c) => {
    const setUp = auth.setup.isDone();
    return c.json({ setUp, name: setUp ? relay.directory().name : null }, 200);
  });

  routes.openapi(setupRoute, async (c) => {
    const { token, workspace, device: claim, ...person } = c.req.valid('json');
    const attempt = take(await auth.throttle.attempt(clientNetwork(c, trustedProxies)));
    const made = await auth.setup.byLink(token, workspace, person);
    // Only guesses at the link count, not a form filled in wrong.
    if (made.ok || made.error.code !== 'link-invalid') await attempt.succeeded();
    const owner = take(made);
    log.info({ member: owner }, 'the workspace was set up');
    return c.json(openSession(c, deps, owner, claim), 200);
  });
}
