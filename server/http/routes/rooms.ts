import { createRoute, z } from '@hono/zod-openapi';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import { parseRoom } from '../../../shared/protocol/rooms.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { Relay } from '../../relay/contract.ts';
import type { AppDeps } from '../deps.ts';
import { guardedBody } from '../guarded-body.ts';
import { signedIn } from '../guards.ts';
import { refuse, take } from '../refusals.ts';
import { readableRoom } from '../room-access.ts';
import { body, id, json, membersOnly, refusals, room, time } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Rooms'];
const security = membersOnly;

export const entry = z
  .object({ seq: z.number().int(), id, type: z.string(), by: id, at: time, data: z.unknown() })
  .openapi('Entry');

/** Characters of entries after which an answer ends; the next one goes on from there. */
const longestAnswer = 8 * 1024 * 1024;
/** Entries that are read at once. */
const page = 50;

/** At most `limit` entries, and fewer where they are long, but one always. */
export function entriesWithin(
  relay: Pick<Relay, 'entries'>,
  reader: MemberId | null,
  of: RoomId,
  from: number,
  limit: number,
): LogEntry[] {
  const entries: LogEntry[] = [];
  let next = from;
  for (let length = 0; entries.length < limit && length < longestAnswer;) {
    const more = relay.entries(reader, of, next, Math.min(page, limit - entries.length));
    entries.push(...more);
    if (more.length < page) break;
    next = more.at(-1)!.seq + 1;
    length += JSON.stringify(more).length;
  }
  return entries;
}

export function addRoomRoutes(routes: Routes, deps: AppDeps): void {
  const { relay } = deps;
  const middleware = [signedIn(deps)];
  const refused = refusals('bad-request', 'not-signed-in', 'session-ended');
  const refusedRoom = refusals(
    'bad-request',
    'not-signed-in',
    'session-ended',
    'forbidden',
    'room-not-found',
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/rooms',
      tags,
      security,
      middleware,
      summary: 'Rooms that the caller may read, oldest change first.',
      request: { query: z.object({ kind: z.string().max(32).optional() }) },
      responses: {
        200: json(
          z.array(z.object({ room, cursor: z.number().int(), at: time }).openapi('RoomHead')),
          'Rooms with the cursor and time of their newest row',
        ),
        ...refused,
      },
    }),
    (c) => {
      const { kind } = c.req.valid('query');
      const rooms = relay
        .readable(c.get('caller').member)
        .filter((head) => kind === undefined || parseRoom(head.room)?.kind === kind)
        .map((head) => ({ room: head.room, cursor: head.cursor, at: head.at }));
      return c.json(rooms, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/log',
      tags,
      security,
      middleware,
      summary: 'Entries of a log room, from a position on.',
      request: {
        query: z.object({
          room,
          from: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
          limit: z.coerce.number().int().min(1).max(1_000).default(limits.history),
        }),
      },
      responses: {
        200: json(
          z.object({ entries: z.array(entry) }),
          'Entries in order; an empty list after the last one',
        ),
        ...refusedRoom,
      },
    }),
    (c) => {
      const { room: name, from, limit } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, name);
      if (target.kind.class !== 'log') return refuse('bad-request', 'room: this room is a text');
      return c.json({ entries: entriesWithin(relay, member, target.room, from, limit) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/text',
      tags,
      security,
      middleware,
      summary: 'A text room as one Yjs update (V1).',
      request: { query: z.object({ room }) },
      responses: {
        200: {
          description: 'The update',
          content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
        },
        ...refusedRoom,
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, c.req.valid('query').room);
      if (target.kind.class !== 'text') return refuse('bad-request', 'room: this room is a log');
      const bytes = take(await relay.textInSlices(target.room));
      c.header('Content-Type', 'application/octet-stream');
      c.header('Content-Length', String(bytes.length));
      const mayStill = () => c.get('isStillSignedIn')() && relay.mayRead(member, target.room).ok;
      return c.body(guardedBody(c, bytes, mayStill), 200);
    },
  );
}

const command = z
  .object({
    id,
    n: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    room,
    type: z.string().min(1).max(64),
    data: z.unknown(),
  })
  .openapi('Command');

const commandResult = z
  .union([
    z.object({ id, ok: z.literal(true), seq: z.number().int().nullable(), cursor: z.number().int() }),
    z.object({ id, ok: z.literal(false), code: z.string(), message: z.string() }),
  ])
  .openapi('CommandResult');

export function addCommandRoute(routes: Routes, deps: AppDeps): void {
  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/commands',
      tags,
      security,
      middleware: [signedIn(deps)],
      summary: 'Sends commands of this device, in order; answered when all are durable.',
      request: { body: body(z.object({ commands: z.array(command).min(1).max(100) })) },
      responses: {
        200: json(z.object({ results: z.array(commandResult) }), 'One result per command, in order'),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'wrong-origin', 'too-large'),
      },
    }),
    async (c) => {
      const caller = c.get('caller');
      const { commands } = c.req.valid('json');
      // All handed over in one turn, in order: one group commit.
      const results = await Promise.all(
        commands.map((each) =>
          deps.relay.command(caller, {
            id: each.id as CommandId,
            n: each.n,
            room: each.room as RoomId,
            type: each.type,
            data: each.data,
          }),
        ),
      );
      return c.json({ results }, 200);
    },
  );
}
