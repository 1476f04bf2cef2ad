import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { MemberId } from '../../../shared/base/ids.ts';
import { directoryRoomId } from '../../../shared/features/directory/kind.ts';
import { memberOf } from '../../../shared/features/directory/tree.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { AppDeps } from '../deps.ts';
import type { AppEnvironment } from '../environment.ts';
import { guestSignedIn } from '../guards.ts';
import { refuse } from '../refusals.ts';
import { guestsOnly, id, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Somebody's picture, where the relay has its bytes; null without one. */
export function photoOf({ relay, blobs }: AppDeps, member: MemberId): string | null {
  const photo = memberOf(relay.directory(), member)?.photo ?? null;
  const room = roomId(relay.workspace, 'directory', directoryRoomId);
  return photo !== null && blobs.find(room, photo) ? photo : null;
}

/** Where a guest finds it; another picture has another address, so that browsers may keep each for ever. */
export function photoAddress(deps: AppDeps, member: MemberId): string | null {
  const photo = photoOf(deps, member);
  return photo === null ? null : `/api/guest/photo/${member}/${photo}`;
}

/** The same for whoever has not begun, by the code of the link. */
export function photoByLink(deps: AppDeps, code: string, member: MemberId): string | null {
  const photo = photoOf(deps, member);
  return photo === null ? null : `/api/contact/${encodeURIComponent(code)}/photo/${photo}`;
}

const binary = { schema: z.string().openapi({ format: 'binary' }) };
const photo = z.string().regex(/^[0-9a-f]{64}$/);
const picture = {
  description: 'The picture',
  content: { 'image/png': binary, 'image/jpeg': binary, 'image/webp': binary },
};

export interface PhotoRoutes {
  /** The member of the company behind a link, as far as it says who answers. */
  personBehind(c: Context<AppEnvironment>, code: string): Promise<MemberId | null>;
  /** Whom of the company a guest has met. */
  staffOf(guest: MemberId): readonly MemberId[];
}

/** Pictures of those who answer a guest, for that guest. */
export function addPhotoRoutes(routes: Routes, deps: AppDeps, { personBehind, staffOf }: PhotoRoutes): void {
  const { relay, blobs } = deps;

  /** Pictures of others, and those that were replaced, are answered like ones that never were. */
  async function bytesOf(
    c: Context<AppEnvironment>,
    member: MemberId | null,
    asked: string,
  ): Promise<ReadableStream<Uint8Array>> {
    const room = roomId(relay.workspace, 'directory', directoryRoomId);
    const info = member !== null && photoOf(deps, member) === asked ? blobs.find(room, asked) : null;
    const content = info && (await blobs.open(info));
    if (!content) return refuse('not-found', 'no such picture');
    c.header('Content-Type', info.type);
    c.header('Content-Length', String(info.size));
    c.header('Cache-Control', 'private, max-age=31536000, immutable');
    c.header('Content-Security-Policy', "default-src 'none'; sandbox");
    c.header('X-Content-Type-Options', 'nosniff');
    return content;
  }

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/contact/{code}/photo/{photo}',
      tags: ['Guests'],
      summary: 'The picture of whom a contact link leads to, under the address that the link says. Public.',
      request: { params: z.object({ code: z.string().min(1).max(64), photo }) },
      responses: {
        200: picture,
        ...refusals('bad-request', 'link-invalid', 'not-found', 'too-many-requests'),
      },
    }),
    async (c) => {
      const { code, photo: asked } = c.req.valid('param');
      return c.body(await bytesOf(c, await personBehind(c, code), asked), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/guest/photo/{member}/{photo}',
      tags: ['Guests'],
      security: guestsOnly,
      middleware: [guestSignedIn(deps)],
      summary: 'The picture of somebody of the company whom this guest has met.',
      request: { params: z.object({ member: id, photo }) },
      responses: {
        200: picture,
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'customer-ended', 'not-found'),
        ...refusals('too-many-requests'),
      },
    }),
    async (c) => {
      const { member, photo: asked } = c.req.valid('param');
      const met = staffOf(c.get('caller').member).find((id) => id === member) ?? null;
      return c.body(await bytesOf(c, met, asked), 200);
    },
  );
}
