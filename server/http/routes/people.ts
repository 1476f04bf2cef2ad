import { createRoute, z } from '@hono/zod-openapi';
import { isId, type MemberId } from '../../../shared/base/ids.ts';
import { memberOf } from '../../../shared/features/directory/tree.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

/** People in one question. */
const mostAsked = 200;

const person = z.object({ id, name: z.string(), leftAt: time.nullable() }).openapi('NamedPerson');

/**
 * What people are called whom the directory does not show to the caller: somebody of a hidden department who is in a
 * conversation with them, or wrote in a doc. Ids cannot be guessed, so who asks has met them.
 */
export function addPeopleRoutes(routes: Routes, deps: AppDeps): void {
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/people',
      tags: ['Rooms'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'Names of people by their ids, also of those whom the directory does not show to the caller.',
      request: {
        query: z.object({
          ids: z
            .string()
            .max(mostAsked * 65)
            .transform((text) => text.split(','))
            .refine((ids) => ids.length <= mostAsked && ids.every(isId), `at most ${mostAsked} ids`)
            .openapi({ type: 'string', description: 'Ids with commas between them' }),
        }),
      },
      responses: {
        200: json(z.object({ people: z.array(person) }), 'Those that there are, in the order asked'),
        ...refusals('bad-request', 'not-signed-in', 'session-ended'),
      },
    }),
    (c) => {
      const directory = deps.relay.directory();
      const people = c.req.valid('query').ids.flatMap((each) => {
        const found = memberOf(directory, each as MemberId);
        return found ? [{ id: found.id, name: found.name, leftAt: found.leftAt }] : [];
      });
      return c.json({ people }, 200);
    },
  );
}
