import { createRoute, z } from '@hono/zod-openapi';
import { guestOf } from '../../../shared/base/guests.ts';
import { newId, type CommandId, type CustomerId, type RoomId } from '../../../shared/base/ids.ts';
import { wordOutcomes, type StoredHit, type WordHitsQuery } from '../../storage/word-hits-contract.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { chosenQuery, createLed, moment } from '../led.ts';
import { refuse } from '../refusals.ts';
import { body, id, json, membersOnly, nothing, refusals, room as roomName, time } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Hits of one answer. */
const mostHits = 200;

const query = chosenQuery.extend({
  ...{ from: moment, to: moment },
  rule: id.optional(),
  outcome: z.enum(wordOutcomes).optional(),
  after: z.coerce.number().int().min(0).optional().openapi({ description: '`next` of the answer before' }),
});
const hit = z
  .object({
    ...{ n: z.number().int(), at: time, rule: id },
    name: z.string().openapi({ description: 'What the rule was called then' }),
    words: z.array(z.string()).openapi({ description: 'Of the rule, the first ten that were found' }),
    outcome: z.enum(wordOutcomes),
    by: z.string(),
    person: z.string().nullable().openapi({ description: 'Who wrote it; who had the customer who did' }),
    customer: z.string().nullable().openapi({ description: 'Null: words that are kept for later' }),
    customerName: z.string(),
  })
  .openapi('WordHit');

/** Whose words met rules: for who leads them. What was written is read where it was said, by a look that is told. */
export function addWordHitsRoute(routes: Routes, deps: AppDeps): void {
  const { relay, wordHits: table } = deps;
  const led = createLed(deps);
  const shown = ({ room: _room, id: _id, ...each }: StoredHit): z.infer<typeof hit> => ({
    ...each,
    words: [...each.words],
    customerName: each.customer === null ? '' : relay.nameOf(guestOf(each.customer as CustomerId)),
  });

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/word-hits',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'Notes that a page kept a command to itself because a word rule holds it.',
      description: 'The relay judges it as if it had been sent, and does nothing else with it.',
      request: {
        body: body(z.object({ room: roomName, type: z.string().max(64), data: z.unknown() })),
      },
      responses: {
        204: nothing('Noted, where a rule holds it'),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'room-not-found'),
      },
    }),
    (c) => {
      const { room, type, data } = c.req.valid('json');
      const command = { id: newId<CommandId>(), n: 0, room: room as RoomId, type, data };
      const refused = relay.noteHeld(c.get('caller'), command);
      if (refused) refuse(refused.code, refused.message);
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/word-hits',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'Words of the caller’s line, and of its customers, that met word rules, the newest first.',
      request: { query },
      responses: {
        200: json(
          z.object({
            hits: z.array(hit),
            count: z.number().int().openapi({ description: 'All that are asked for' }),
            next: z.number().int().nullable(),
          }),
          `At most ${mostHits}`,
        ),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'too-many-requests'),
      },
    }),
    (c) => {
      const asked = c.req.valid('query');
      const { member } = c.get('caller');
      led.leadersOnly(member);
      const people = led.peopleOf(member, asked);
      const { rule, outcome, link, source, from, to } = asked;
      const of: WordHitsQuery = {
        people: people === null ? null : [...people],
        at: [from, to],
        ...(rule === undefined ? {} : { rule }),
        ...(outcome === undefined ? {} : { outcome }),
        ...(link === undefined ? {} : { link }),
        ...(source === undefined ? {} : { source }),
      };
      const found = table.list(of, asked.after ?? null, mostHits);
      const next = found.length < mostHits ? null : found.at(-1)!.n;
      return c.json({ hits: found.map(shown), count: table.count(of), next }, 200);
    },
  );
}
