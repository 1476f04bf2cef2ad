import { createRoute, z } from '@hono/zod-openapi';
import type { MemberId } from '../../../shared/base/ids.ts';
import { slowBy, type SlowTalk } from '../../../shared/features/customers/slowest.ts';
import type { Counts } from '../counting.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { channel, chosenBy, chosenQuery, createLed, moment } from '../led.ts';
import { refuse } from '../refusals.ts';
import { id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Rows of one answer. */
const mostRows = 200;

const row = z
  .object({
    ...{ id, name: z.string(), owner: id.nullable(), partOf: id.nullable(), source: channel },
    since: time.openapi({ description: 'When the talk began' }),
    took: z
      .number()
      .openapi({ description: 'Milliseconds, in office hours where the contact link has some' }),
    answeredBy: id.nullable().openapi({ description: 'Who answered first' }),
  })
  .openapi('SlowTalk');
const query = chosenQuery.extend({
  ...{ from: moment, to: moment, of: z.enum(slowBy) },
  after: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}-\d{1,16}$/)
    .optional()
    .openapi({ description: '`next` of the answer before' }),
});

/** Which talks the times of figures come from. */
export function addCustomersTalksRoute(routes: Routes, deps: AppDeps, counts: Counts): void {
  const { customers } = deps;
  const led = createLed(deps);

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/talks',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'The talks behind the times of answers or resolutions, the longest first, a page of them.',
      description: 'Those of customers whom somebody of the line has now.',
      request: { query },
      responses: {
        200: json(z.object({ rows: z.array(row), next: z.string().nullable() }), `At most ${mostRows}`),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'too-many-requests'),
      },
    }),
    async (c) => {
      const asked = c.req.valid('query');
      const { member } = c.get('caller');
      const { of, from, to } = asked;
      const chosen = chosenBy(asked, led.peopleOf(member, asked));
      const people = chosen.people === null ? null : [...chosen.people].sort();
      const [took, since, customer] = asked.after?.split('-').map(Number) ?? [];
      const after: SlowTalk | null =
        customer === undefined ? null : { took: took!, since: since!, customer, owner: null };
      const found = await (counts.slowest({
        key: JSON.stringify([from, to, asked.link ?? null, asked.source ?? null, people]),
        ...{ by: member, of, period: { from, to, step: to - from }, chosen, hoursOf: led.hoursOf },
        ...{ after, most: mostRows + 1 },
      }) ?? refuse('too-many-requests', 'figures of before are still being counted'));
      const shown = found.slice(0, mostRows);
      const numbers = [...new Set(shown.map((talk) => talk.customer))];
      const lines = new Map(
        customers
          .lines({ numbers, withParts: true }, 'n', null, numbers.length)
          .map((line) => [line.n, line]),
      );
      const rows = shown.flatMap((talk) => {
        const line = lines.get(talk.customer);
        if (!line) return [];
        const { id: of, name, owner, partOf, source } = line;
        const answeredBy: MemberId | null = talk.owner;
        return [{ id: of, name, owner, partOf, source, since: talk.since, took: talk.took, answeredBy }];
      });
      const end = shown.at(-1);
      const next = found.length > mostRows && end ? `${end.took}-${end.since}-${end.customer}` : null;
      return c.json({ rows, next }, 200);
    },
  );
}
