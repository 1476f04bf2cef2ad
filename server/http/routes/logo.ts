import { createHash } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { faceOf, logoType } from '../../../shared/features/customers/face.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import type { AppDeps } from '../deps.ts';
import { refuse } from '../refusals.ts';
import { refusals } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Another picture has another address, so that browsers may keep each for ever. */
const nameOf = (logo: string): string => createHash('sha256').update(logo).digest('hex').slice(0, 24);

/** Where the company's logo is found; null without one. */
export function logoAddress(settings: SettingsState): string | null {
  const { logo } = faceOf(settings);
  return logo === null ? null : `/api/logo/${nameOf(logo)}`;
}

const binary = { schema: z.string().openapi({ format: 'binary' }) };

/** The company's logo, for everybody whom a contact link shows it. */
export function addLogoRoute(routes: Routes, { auth }: AppDeps): void {
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/logo/{name}',
      tags: ['Guests'],
      summary: 'The company’s logo, under the address that a contact link or a guest is told. Public.',
      request: { params: z.object({ name: z.string().regex(/^[0-9a-f]{24}$/) }) },
      responses: {
        200: {
          description: 'The picture',
          content: { 'image/png': binary, 'image/jpeg': binary, 'image/webp': binary },
        },
        ...refusals('bad-request', 'not-found'),
      },
    }),
    (c) => {
      const { logo } = faceOf(auth.guests.settings());
      if (logo === null || nameOf(logo) !== c.req.valid('param').name)
        return refuse('not-found', 'no such logo');
      c.header('Content-Type', logoType(logo));
      c.header('Cache-Control', 'public, max-age=31536000, immutable');
      c.header('Content-Security-Policy', "default-src 'none'; sandbox");
      c.header('X-Content-Type-Options', 'nosniff');
      return c.body(Buffer.from(logo, 'base64'), 200);
    },
  );
}
