import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { RoomId } from '../../../shared/base/ids.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { Path } from '../../history/contract.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { guardedBody } from '../guarded-body.ts';
import { signedIn } from '../guards.ts';
import { createHistoryShare } from '../history-share.ts';
import { refuse, take } from '../refusals.ts';
import { readableRoom } from '../room-access.ts';
import { id, json, membersOnly, refusals, room, time } from '../schemas.ts';
import { entry } from './rooms.ts';
import type { Routes } from './app.ts';

const tags = ['History'];
const security = membersOnly;
const whole = z.number().int();
const position = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const refused = refusals(
  'bad-request',
  'not-signed-in',
  'session-ended',
  'forbidden',
  'room-not-found',
  'too-many-requests',
  'room-damaged',
  'storage-failed',
);

const moment = {
  seq: whole,
  cursor: whole,
  by: id,
  at: time,
  exact: z.boolean().openapi({
    description: 'False when the single steps between this version and the moment asked for are not kept',
  }),
};
const textVersion = z
  .object({ ...moment, update: z.string().openapi({ description: 'A Yjs update (V1) in base64' }) })
  .openapi('TextVersion');
const logVersion = z
  .object({
    ...moment,
    from: whole.openapi({ description: 'Position of the first of the entries' }),
    entries: z.array(entry),
    state: z.unknown().openapi({ description: 'What all entries up to then come to' }),
  })
  .openapi('LogVersion');

const version = z
  .object({
    seq: whole,
    cursor: whole,
    by: id,
    at: time,
    since: time,
    rows: whole,
    size: whole.openapi({ description: 'Bytes of its rows' }),
    merged: z.boolean().openapi({ description: 'True when the single steps in it are not kept' }),
  })
  .openapi('Version');

const author = { by: id.nullable(), at: time.nullable(), client: whole };
const attribution = z
  .union([
    z.object({
      of: z.literal('sequence'),
      length: whole,
      runs: z.array(z.object({ from: whole, to: whole, ...author })),
      deletions: z.array(
        z.object({
          position: whole,
          length: whole,
          ...author,
          deletedBy: id.nullable(),
          deletedAt: time.nullable(),
        }),
      ),
    }),
    z.object({
      of: z.literal('value'),
      current: z.object(author).nullable(),
      removed: z.object({ deletedBy: id.nullable(), deletedAt: time.nullable() }).nullable(),
      earlier: z.array(z.object(author)),
    }),
    z.object({
      of: z.literal('blocks'),
      count: whole,
      blocks: z.array(
        z.object({
          path: z.array(z.union([z.string(), whole])),
          made: z.object(author),
          last: z.object(author),
          writers: z.array(z.object({ by: id.nullable(), amount: whole })),
        }),
      ),
    }),
  ])
  .openapi('Attribution');

/** Longest path: deeper than documents are. */
const longestPath = 256;
const steps = z
  .array(z.union([z.string().max(1_024), z.number().int().min(0)]))
  .min(1)
  .max(longestPath);

function pathIn(text: string | undefined): Path | null {
  if (text === undefined) return null;
  try {
    return steps.parse(JSON.parse(text));
  } catch {
    return refuse('bad-request', 'path: must be a JSON array of keys and positions, a root first');
  }
}

/** Blocks or positions in one answer where the caller names no end. */
const mostAtOnce = 100_000;

export function addHistoryRoutes(routes: Routes, deps: AppDeps): void {
  const { history } = deps.relay;
  const share = createHistoryShare();
  const middleware = [signedIn(deps)];

  /** To make an answer takes a while, and rights may change meanwhile. */
  const mustStillRead = (c: Context<AppEnvironment>, name: string): void => {
    if (!c.get('isStillSignedIn')()) return refuse('session-ended', 'this session has ended');
    readableRoom(deps, c.get('caller').member, name);
  };
  /** Whether it still may be known from there on. */
  const isWithin = (c: Context<AppEnvironment>, name: string, from: number): boolean =>
    deps.relay.window(c.get('caller').member, name as RoomId).from <= from;
  /** So does sending one that is large. `from`: the first row that it tells of. */
  const large = (c: Context<AppEnvironment>, name: string, bytes: Uint8Array, type: string, from = 0) => {
    const { member } = c.get('caller');
    const mayStill = (): boolean =>
      c.get('isStillSignedIn')() && deps.relay.mayRead(member, name as RoomId).ok && isWithin(c, name, from);
    mustStillRead(c, name);
    c.header('Content-Type', type);
    c.header('Content-Length', String(bytes.length));
    return c.body(guardedBody(c, bytes, mayStill), 200);
  };
  const largeJson = (c: Context<AppEnvironment>, name: string, value: unknown, from = 0): never =>
    large(c, name, Buffer.from(JSON.stringify(value)), 'application/json', from) as never;

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/room-at',
      tags,
      security,
      middleware,
      summary: 'A room as it was at a moment. Rights are those of now.',
      request: {
        query: z.object({
          room,
          at: z
            .string()
            .regex(/^\d{1,15}$/)
            .transform(Number)
            .openapi({ type: 'integer', description: 'Milliseconds since 1970' }),
          as: z.enum(['bytes', 'json']).default('bytes').openapi({ description: 'For texts; logs are JSON' }),
          limit: z.coerce.number().int().min(1).max(1_000).default(limits.history).openapi({
            description: 'Entries of a log, the newest of them',
          }),
        }),
      },
      responses: {
        200: {
          description:
            'A text as one Yjs update (V1), with the moment of its newest row in the headers Weft-Version-*; or JSON',
          content: {
            'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) },
            'application/json': { schema: z.union([textVersion, logVersion]) },
          },
        },
        ...refused,
        ...refusals('not-kept'),
      },
    }),
    async (c) => {
      const { room: name, at, as, limit } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, name);
      if (target.kind.class === 'log') {
        const { from } = deps.relay.window(member, target.room);
        const found = take(await share.of(member, () => history.logAt(target.room, at, limit, from)));
        // Rights may have changed meanwhile; whoever has none any more is refused by what follows.
        mustStillRead(c, name);
        const window = deps.relay.window(member, target.room);
        if (found.from < window.from) return refuse('room-not-found', 'the room was not there yet');
        return largeJson(c, name, { ...found, state: window.shown(found.state) }, window.from);
      }
      const { update, ...found } = take(await share.of(member, () => history.textAt(target.room, at)));
      if (as === 'json')
        return largeJson(c, name, { ...found, update: Buffer.from(update).toString('base64') });
      c.header('Weft-Version-At', String(found.at));
      c.header('Weft-Version-By', found.by);
      c.header('Weft-Version-Cursor', String(found.cursor));
      c.header('Weft-Version-Exact', String(found.exact));
      return large(c, name, update, 'application/octet-stream');
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/versions',
      tags,
      security,
      middleware,
      summary: 'Versions of a room, newest first: what one author did without a long pause.',
      request: {
        query: z.object({
          room,
          before: position
            .default(Number.MAX_SAFE_INTEGER)
            .openapi({ description: '`next` of the list before' }),
          limit: z.coerce.number().int().min(1).max(200).default(50),
        }),
      },
      responses: {
        200: json(
          z.object({ versions: z.array(version), next: whole.nullable() }),
          'Versions, and where older ones begin; null when there are none',
        ),
        ...refused,
      },
    }),
    async (c) => {
      const { room: name, before, limit } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, name);
      const { from } = deps.relay.window(member, target.room);
      const { versions, next } = await history.versions(target.room, before, limit, from);
      mustStillRead(c, name);
      if (!isWithin(c, name, from)) return refuse('room-not-found', 'the room was not there yet');
      return c.json({ versions: [...versions], next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/attribution',
      tags,
      security,
      middleware,
      summary: 'Who wrote a text, and when: of a range, of a value, or of the whole document block by block.',
      request: {
        query: z.object({
          room,
          path: z
            .string()
            .max(64 * 1024)
            .optional()
            .openapi({
              description:
                'JSON array from the name of a root on: keys of maps and attributes, positions in sequences',
              example: '["content",0,0]',
            }),
          from: position.default(0),
          to: position.optional(),
        }),
      },
      responses: {
        200: json(attribution, 'Who wrote what, in document order'),
        ...refused,
        ...refusals('not-found'),
      },
    }),
    async (c) => {
      const { room: name, path, from, to = from + mostAtOnce } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, name);
      if (target.kind.class !== 'text')
        return refuse('bad-request', 'room: entries of a log say their author');
      const query = { path: pathIn(path), from, to };
      const found = take(await share.of(member, () => history.attribution(target.room, query)));
      return large(c, name, found, 'application/json') as never;
    },
  );
}
