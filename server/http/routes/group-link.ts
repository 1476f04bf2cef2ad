import { createRoute, z } from '@hono/zod-openapi';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { JoinsState } from '../../../shared/features/chat/group-schema.ts';
import { joining, type Joining } from '../../../shared/features/chat/joining.ts';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import { partOf, roomId } from '../../../shared/protocol/rooms.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse, take } from '../refusals.ts';
import { body, id, json, membersOnly, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Groups'];
const security = membersOnly;
const link = z.object({ group: id, key: z.string().min(1).max(64) });
const does = z.enum(['in', 'joins', 'asks']);
const refused = refusals(
  'bad-request',
  'not-signed-in',
  'session-ended',
  'forbidden',
  'link-invalid',
  'group-dissolved',
  'too-many',
  'room-damaged',
);

interface Found {
  readonly room: RoomId;
  readonly joins: RoomId;
  readonly group: ChatState;
  readonly does: Joining;
  /** Whether the member's request is waiting. */
  readonly asked: boolean;
}

/** The link to a group: what it does for whoever has it, and doing it. The rules are in `shared/features/chat`. */
export function addGroupLinkRoutes(routes: Routes, deps: AppDeps): void {
  const { relay } = deps;
  const middleware = [signedIn(deps)];

  const find = (member: MemberId, { group: of, key }: z.infer<typeof link>): Found => {
    const actor = relay.actor(member);
    if (!actor) return refuse('forbidden', 'not a member of this workspace');
    const room = roomId(relay.workspace, 'chat', of);
    const joins = partOf(room, 'joins');
    const group = relay.state(room) as ChatState;
    const { requests } = relay.state(joins) as JoinsState;
    return {
      room,
      joins,
      group,
      does: take(joining(actor, group, key)),
      asked: Object.hasOwn(requests, member),
    };
  };

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/group-link',
      tags,
      security,
      middleware,
      summary: 'What the link to a group does for the caller.',
      request: { query: link },
      responses: {
        200: json(
          z.object({ title: z.string(), members: z.number().int(), does, asked: z.boolean() }),
          'The group. `title` is empty where it has no name of its own',
        ),
        ...refused,
      },
    }),
    (c) => {
      const found = find(c.get('caller').member, c.req.valid('query'));
      const { title, members } = found.group;
      const { asked } = found;
      return c.json({ title, members: Object.keys(members).length, does: found.does, asked }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/group-link',
      tags,
      security,
      middleware,
      summary: 'Follows the link to a group: comes in, or asks to be let in.',
      request: { body: body(link) },
      responses: {
        200: json(z.object({ does }), 'What it did, durable'),
        ...refused,
        ...refusals('wrong-origin', 'storage-failed'),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const found = find(member, c.req.valid('json'));
      // Judged and stored in one turn: nothing can come between.
      if (found.does === 'joins') await relay.appendFact(found.room, 'chat.join', member, {});
      if (found.does === 'asks' && !found.asked) await relay.appendFact(found.joins, 'chat.ask', member, {});
      return c.json({ does: found.does }, 200);
    },
  );
}
