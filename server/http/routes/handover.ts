import { createRoute, z } from '@hono/zod-openapi';
import type { MemberId } from '../../../shared/base/ids.ts';
import { mayLead } from '../../../shared/features/customers/line.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { memberOf } from '../../../shared/features/directory/tree.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse } from '../refusals.ts';
import { id, json, membersOnly, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';

/** How many customers somebody has: for who hands all of them over, and has none of them on a device of theirs. */
export function addHandoverRoutes(routes: Routes, deps: AppDeps): void {
  const { relay, customers } = deps;
  const settings = roomId(relay.workspace, 'customers', 'main');
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/handover/{member}',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'How many customers a member has, for themself and for who is set above them.',
      request: { params: z.object({ member: id }) },
      responses: {
        200: json(
          z.object({ customers: z.int().nonnegative() }),
          'All that they own, also those who are ended',
        ),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'member-not-found'),
      },
    }),
    (c) => {
      const member = c.req.valid('param').member as MemberId;
      const actor = relay.actor(c.get('caller').member);
      const directory = relay.directory();
      if (!memberOf(directory, member)) refuse('member-not-found', 'no such member');
      const isTheirs =
        actor?.member === member ||
        (actor !== null && mayLead(directory, relay.state(settings) as SettingsState, actor, member));
      if (!isTheirs) refuse('forbidden', 'only who is set above somebody may know that');
      return c.json({ customers: customers.count({ owners: [member] }) }, 200);
    },
  );
}
