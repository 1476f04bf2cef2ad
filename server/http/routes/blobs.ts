import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { err, type Result } from '../../../shared/base/result.ts';
import type { BlobInfo, Takes } from '../../blobs/contract.ts';
import { plainType } from '../../blobs/file-type.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { guardedBody } from '../guarded-body.ts';
import { signedIn, signedInEither } from '../guards.ts';
import { refuse, Refused, take } from '../refusals.ts';
import { mayHave, readableRoom, roomForFiles, writableRoom, type Target } from '../room-access.ts';
import { body, guestsOnly, json, membersOnly, nothing, refusals, room } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Files'];
const security = membersOnly;
const either = [...membersOnly, ...guestsOnly];
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .openapi({ description: 'SHA-256 of the bytes, lower-case hexadecimal' });
const query = z.object({
  room,
  hash,
  as: z.literal('guest').optional().openapi({ description: 'By the cookie of a guest' }),
});
const binary = { schema: z.string().openapi({ format: 'binary' }) };
const bytes = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const progress = z
  .object({
    received: z.number().int().openapi({ description: 'Bytes of this member’s upload that are here' }),
    stored: z.boolean().openapi({ description: 'The file belongs to the room, durable' }),
  })
  .openapi('UploadProgress');

const state = z
  .object({
    stored: z.boolean(),
    removed: z.boolean().openapi({ description: 'It was there and is older than what is kept' }),
    received: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Bytes that somebody has sent of it; null while nobody does' }),
  })
  .openapi('FileState');

/** Documents show pictures; conversations carry anything; the directory has faces. */
const takesOf = ({ kind }: Target): Takes =>
  kind.class === 'text' ? 'pictures' : kind.faces ? 'faces' : 'files';

/** Names as RFC 8187 has them: everything else than letters and digits as bytes of UTF-8. */
export const asAttachment = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*!]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`;

/** All bytes of a file of a room, for whoever does not read the room itself; `mayStill` is asked again while they go. */
export async function sendFile(
  c: Context<AppEnvironment>,
  blobs: AppDeps['blobs'],
  {
    room: of,
    hash,
    name,
  }: { readonly room: RoomId; readonly hash: string; readonly name?: string | undefined },
  mayStill: () => boolean,
) {
  const info = blobs.find(of, hash);
  if (!info) return refuse('not-found', 'no such file, or it has not arrived');
  if (info.removedAt !== null) return refuse('not-kept', 'this file is older than what is kept');
  const content = await blobs.open(info);
  if (!content) return refuse('not-found', 'the relay has lost this file');
  c.header('Content-Type', info.type);
  c.header('Content-Length', String(info.size));
  c.header('Content-Security-Policy', "default-src 'none'; sandbox");
  const isShown = name === undefined && info.type !== plainType;
  c.header('Content-Disposition', isShown ? 'inline' : asAttachment(name ?? hash));
  return c.body(
    guardedBody(c, content, () => c.get('isStillSignedIn')() && mayStill()),
    200,
  );
}

/** The one range of a header that lies in the file; null where all of it is to be sent. */
function rangeOf(
  header: string | undefined,
  size: number,
): { readonly first: number; readonly last: number } | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match) return null;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return null;
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first <= last ? { first, last } : null;
}

export function addBlobRoutes(routes: Routes, deps: AppDeps): void {
  const { blobs, bounds, boundMetrics, relay } = deps;

  /** Asked again when all bytes are there: rights may end while they come. */
  const stillWith =
    (
      c: Context<AppEnvironment>,
      may: (member: MemberId, room: RoomId) => Result<true, Failure>,
      where: RoomId,
    ) =>
    (): Result<true, Failure> =>
      c.get('isStillSignedIn')()
        ? may(c.get('caller').member, where)
        : err(failure('session-ended', 'this session has ended'));

  const fileOf = (where: RoomId, name: string): BlobInfo => {
    const info = blobs.find(where, name);
    if (info?.removedAt === null) return info;
    if (info) return refuse('not-kept', 'files of this age are not kept');
    const received = blobs.arriving(where, name);
    throw new Refused(
      received === null
        ? failure('not-found', 'this room has no such file')
        : failure('not-found', 'this file is still being sent', { received }),
    );
  };

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
          'quota-reached',
          'not-a-picture',
        ),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const { room: name, hash: of } = c.req.valid('query');
      const target = writableRoom(deps, member, name);
      const declared = Number(c.req.header('content-length') ?? 0);
      boundMetrics.reached('blob', declared);
      if (declared > bounds.blob) {
        boundMetrics.struck('blob');
        return refuse('too-large', `a picture has at most ${bounds.blob} bytes`);
      }
      const mayStill = stillWith(c, relay.mayWrite, target.room);
      const content = c.req.raw.body ?? new Blob([]).stream();
      take(await blobs.put({ room: target.room, hash: of, by: member, bytes: content, mayStill }));
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/upload',
      tags,
      security: either,
      middleware: [signedInEither(deps)],
      summary: 'How much of a file the caller has sent to a room.',
      request: { query },
      responses: {
        200: json(progress, 'How far it is'),
        ...refusals('bad-request', 'not-signed-in', 'forbidden', 'room-not-found', 'read-only'),
      },
    }),
    (c) => {
      const { member } = c.get('caller');
      const { room: name, hash: of } = c.req.valid('query');
      const target = roomForFiles(deps, member, name);
      return c.json(blobs.progress({ room: target.room, hash: of, by: member }), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'patch',
      path: '/api/upload',
      tags,
      security: either,
      middleware: [signedInEither(deps)],
      summary: 'The next part of a file, from byte `at` on; the last one makes it a file of the room.',
      description:
        'What arrives of a part stays when the connection breaks. Every member sends all bytes of a file: what others sent does not help who only knows its hash.',
      request: {
        query: query.extend({
          size: bytes.min(1).openapi({ description: 'Of the whole file, in bytes' }),
          at: bytes.openapi({ description: 'As many bytes as were received before' }),
        }),
      },
      responses: {
        200: json(progress, 'How far it is now'),
        ...refusals(
          'bad-request',
          'not-signed-in',
          'session-ended',
          'forbidden',
          'read-only',
          'room-not-found',
          'document-deleted',
          'out-of-order',
          'too-large',
          'quota-reached',
          'not-a-picture',
          'too-many-requests',
          'storage-failed',
        ),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const { room: name, hash: of, size, at } = c.req.valid('query');
      const target = roomForFiles(deps, member, name);
      const received = await blobs.receive({
        room: target.room,
        hash: of,
        by: member,
        size,
        at,
        takes: takesOf(target),
        bytes: c.req.raw.body ?? new Blob([]).stream(),
        mayStill: stillWith(c, relay.mayAttach, target.room),
      });
      return c.json(take(received), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'delete',
      path: '/api/upload',
      tags,
      security: either,
      middleware: [signedInEither(deps)],
      summary: 'Forgets what the caller has sent of a file that is not complete.',
      request: { query },
      responses: {
        204: nothing('Forgotten'),
        ...refusals('bad-request', 'not-signed-in', 'forbidden', 'room-not-found', 'read-only'),
      },
    }),
    async (c) => {
      const { member } = c.get('caller');
      const { room: name, hash: of } = c.req.valid('query');
      const target = roomForFiles(deps, member, name);
      await blobs.cancel({ room: target.room, hash: of, by: member });
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/blob/copy',
      tags,
      security,
      middleware: [signedIn(deps)],
      summary: 'Keeps a file of a readable room with another room too, without sending it again.',
      request: { body: body(z.object({ from: room, room, hash })) },
      responses: {
        204: nothing('Kept, durable'),
        ...refusals(
          'bad-request',
          'not-signed-in',
          'forbidden',
          'room-not-found',
          'read-only',
          'not-found',
          'quota-reached',
          'not-a-picture',
        ),
      },
    }),
    (c) => {
      const { member } = c.get('caller');
      const { from, room: name, hash: of } = c.req.valid('json');
      const source = readableRoom(deps, member, from);
      if (!mayHave(deps, member, source, of)) return refuse('not-found', 'that room has no such file');
      const target = roomForFiles(deps, member, name);
      take(blobs.copy(source.room, { room: target.room, hash: of, by: member }, takesOf(target)));
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/blob/state',
      tags,
      security: either,
      middleware: [signedInEither(deps)],
      summary: 'Whether a file of a readable room is there, on its way, or gone.',
      request: { query },
      responses: {
        200: json(state, 'What is known of it'),
        ...refusals('bad-request', 'not-signed-in', 'forbidden', 'room-not-found'),
      },
    }),
    (c) => {
      const { room: where, hash: of } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, where);
      const isTheirs = mayHave(deps, member, target, of);
      const info = isTheirs ? blobs.find(target.room, of) : null;
      const [stored, removed] = [info?.removedAt === null, typeof info?.removedAt === 'number'];
      const received = stored || !isTheirs ? null : blobs.arriving(target.room, of);
      return c.json({ stored, removed, received }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/blob',
      tags,
      security: either,
      middleware: [signedInEither(deps)],
      summary: 'A file of a readable room.',
      description:
        'Pictures, sound and film are typed by their first bytes; everything else, and whatever is asked for by a name, is only to be saved. One range of bytes may be asked for.',
      request: {
        query: query.extend({
          name: z.string().min(1).max(255).optional().openapi({ description: 'Save it under this name' }),
        }),
      },
      responses: {
        200: { description: 'The bytes', content: { 'image/*': binary, [plainType]: binary } },
        206: { description: 'The bytes asked for', content: { 'image/*': binary, [plainType]: binary } },
        304: nothing('Not changed; it never does'),
        ...refusals('bad-request', 'not-signed-in', 'forbidden', 'room-not-found', 'not-found', 'not-kept'),
      },
    }),
    async (c) => {
      const { room: where, hash: of, name } = c.req.valid('query');
      const { member } = c.get('caller');
      const target = readableRoom(deps, member, where);
      if (!mayHave(deps, member, target, of)) return refuse('not-found', 'this room has no such file');
      const info = fileOf(target.room, of);
      c.header('Cache-Control', 'private, max-age=31536000, immutable');
      c.header('ETag', `"${of}"`);
      c.header('Content-Security-Policy', "default-src 'none'; sandbox");
      c.header(
        'Content-Disposition',
        name === undefined && info.type !== plainType ? 'inline' : asAttachment(name ?? of),
      );
      c.header('Accept-Ranges', 'bytes');
      if (c.req.header('if-none-match') === `"${of}"`) return c.body(null, 304);
      const range = rangeOf(c.req.header('range'), info.size);
      const content = await blobs.open(info, range ?? undefined);
      if (!content) return refuse('not-found', 'the relay has lost this file');
      c.header('Content-Type', info.type);
      c.header('Content-Length', String(range ? range.last - range.first + 1 : info.size));
      if (range) c.header('Content-Range', `bytes ${range.first}-${range.last}/${info.size}`);
      const mayStill = () => c.get('isStillSignedIn')() && relay.mayRead(member, target.room).ok;
      return c.body(guardedBody(c, content, mayStill), range ? 206 : 200);
    },
  );
}
