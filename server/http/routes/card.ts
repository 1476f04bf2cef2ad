import { createRoute, z } from '@hono/zod-openapi';
import { longestLink } from '../../../shared/features/chat/card.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { take } from '../refusals.ts';
import { json, membersOnly, refusals } from '../schemas.ts';
import type { Routes } from './app.ts';

const card = z
  .object({
    url: z.string(),
    title: z.string(),
    description: z.string().optional(),
    site: z.string().optional(),
  })
  .openapi('LinkCard');

/** What a link would be shown as. The card of a message comes by itself, as an entry of its conversation. */
export function addCardRoutes(routes: Routes, deps: AppDeps): void {
  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/card',
      tags: ['Files'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'What a page says of itself: what a message with its address is shown with.',
      description:
        'The relay asks the page, and only pages of the public internet. Null where the company wants no cards, and where the page cannot be reached or says nothing: which of these is not told.',
      request: {
        query: z.object({
          url: z
            .string()
            .max(longestLink)
            .regex(/^https?:\/\//)
            .refine((text) => URL.canParse(text), 'not an address'),
        }),
      },
      responses: {
        200: json(z.object({ card: card.nullable() }), 'The card, without its picture'),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'too-many-requests'),
      },
    }),
    async (c) => {
      const { url } = c.req.valid('query');
      const preview = take(await deps.cards.preview(c.get('caller').member, new URL(url).href));
      return c.json({ card: preview }, 200);
    },
  );
}
