import { createRoute, z } from '@hono/zod-openapi';
import { failure } from '../../../shared/base/errors.ts';
import { err } from '../../../shared/base/result.ts';
import type { AppDeps } from '../deps.ts';
import { guardedBody } from '../guarded-body.ts';
import { signedIn } from '../guards.ts';
import { refuse, take } from '../refusals.ts';
import { readableRoom, writableRoom } from '../room-access.ts';
import { membersOnly, nothing, refusals, room } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Pictures'];
const security = membersOnly;
const query = z.object({
  room,
  hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .openapi({ description: 'SHA-256 of the bytes, lower-case hexadecimal' }),
});
const picture = { schema: z.string().openapi({ format: 'binary' }) };

export function addBlobRoutes(routes: Routes, deps: AppDeps): void {
  const { blobs, bounds, boundMetrics, relay } = deps;

  routes.openapi(
    createRoute({
      method: 'put',
      path: '/api/blob',
      tags,
      security,
      middleware: [signedIn(deps)],
      summary: 'Keeps a picture with a text room: PNG, JPEG, GIF, WebP or AVIF.',
      request: { query },
      responses: {
        204: nothing('Kept, durable'),
        ...refusals(
          'bad-request',
          'not-signed-in',
          'session-ended',
          'forbidden',
          'room-not-found',
          'document-deleted',
          'too-large',
          'not-a-picture',
        ),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const { room: name, hash } = c.req.valid('query');
      const target = writableRoom(deps, member, name);
      const declared = Number(c.req.header('content-length') ?? 0);
      boundMetrics.reached('blob', declared);
      if (declared > bounds.blob) {
        boundMetrics.struck('blob');
        return refuse('too-large', `a picture has at most ${bounds.blob} bytes`);
      }
      const bytes = c.req.raw.body ?? new Blob([]).stream();
      const mayStill = () =>
        c.get('isStillSignedIn')()
          ? relay.mayWrite(member, target.room)
          : err(failure('session-ended', 'this session has ended'));
      const put = await blobs.put({ room: target.room, hash, by: member, bytes, mayStill });
      if (!put.ok && put.error.code === 'too-large') boundMetrics.struck('blob');
      take(put);
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/blob',
      tags,
      security,
      middleware: [signedIn(deps)],
      summary: 'A picture of a readable room.',
      request: { query },
      responses: {
        200: { description: 'The bytes', content: { 'image/*': picture } },
        304: nothing('Not changed; it never does'),
        ...refusals('bad-request', 'not-signed-in', 'forbidden', 'room-not-found', 'not-found'),
      },
    }),
    async (c) => {
      const { room: name, hash } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, name);
      const info = blobs.find(target.room, hash);
      if (!info) return refuse('not-found', 'this room has no such picture');
      c.header('Cache-Control', 'private, max-age=31536000, immutable');
      c.header('ETag', `"${hash}"`);
      c.header('Content-Security-Policy', "default-src 'none'; sandbox");
      c.header('Content-Disposition', 'inline');
      if (c.req.header('if-none-match') === `"${hash}"`) return c.body(null, 304);
      const bytes = await blobs.open(info);
      if (!bytes) return refuse('not-found', 'the relay has lost this picture');
      c.header('Content-Type', info.type);
      c.header('Content-Length', String(info.size));
      const mayStill = () => c.get('isStillSignedIn')() && relay.mayRead(member, target.room).ok;
      return c.body(guardedBody(c, bytes, mayStill), 200);
    },
  );
}
