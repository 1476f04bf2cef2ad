import { createRoute, z } from '@hono/zod-openapi';
import { barsOf, mostBars, mostPeople } from '../../../shared/features/customers/figures.ts';
import type {
  CustomerLine,
  CustomersCursor,
  CustomersOrder,
  CustomersQuery,
} from '../../storage/customers-contract.ts';
import { createCounts } from '../counting.ts';
import { createCountingTurns } from '../counting-turns.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { channel, chosenBy, chosenQuery, createLed, moment } from '../led.ts';
import { refuse } from '../refusals.ts';
import { id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';
import { addCustomersBroadcastsRoutes } from './customers-broadcasts.ts';
import { addCustomersTalksRoute } from './customers-talks.ts';

/** After a start devices come back first. Milliseconds. */
const warmAfter = 2_000;
/** Rows of one answer. */
const mostRows = 200;

const figuresQuery = chosenQuery.extend({
  from: moment.openapi({ description: 'Milliseconds since 1970: where the first bar begins' }),
  to: moment,
  step: z.coerce.number().int().min(3_600_000).openapi({ description: 'Length of a bar, milliseconds' }),
});

const times = z.object({ count: z.number(), median: z.number().nullable(), p90: z.number().nullable() });
const bars = z.array(z.number());
const medians = z.array(z.number().nullable());
const figuresAnswer = z
  .object({
    at: time,
    ...{ added: bars, lost: bars, active: bars, activeInAll: z.number() },
    ...{ firstAnswer: times, firstAnswers: medians, resolution: times, resolutions: medians },
    unanswered: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    longestWait: z.number().nullable(),
    customers: z.number(),
    stages: z.array(z.object({ stage: z.string().nullable(), count: z.number() })),
    sources: z.array(z.object({ source: z.string(), count: z.number() })),
    people: z
      .array(
        z.object({
          ...{ member: id, customers: z.number(), added: z.number(), lost: z.number(), active: z.number() },
          ...{ unanswered: z.number(), firstAnswer: z.number().nullable() },
        }),
      )
      .openapi({ description: `At most ${mostPeople}, who has most customers first` }),
    leads: z.boolean().openapi({ description: 'False: these are the figures of the caller’s own customers' }),
  })
  .openapi('CustomerFigures');

const kinds = ['customers', 'added', 'lost', 'active', 'unanswered', 'stage', 'source'] as const;
const listQuery = chosenQuery.extend({
  of: z.enum(kinds).openapi({ description: 'The figure that the rows are behind' }),
  from: moment.optional(),
  to: moment.optional(),
  stage: channel.optional().openapi({ description: 'Of `stage`; empty is who was never moved' }),
  after: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/)
    .optional()
    .openapi({ description: '`next` of the answer before' }),
});
const row = z
  .object({
    ...{ id, name: z.string(), company: z.string(), owner: id.nullable(), stage: z.string().nullable() },
    ...{ source: z.string(), tags: z.array(z.string()), begunAt: time, endedAt: time.nullable() },
    ...{ unansweredSince: time.nullable(), lastGuestAt: time.nullable(), lastStaffAt: time.nullable() },
    partOf: z.string().nullable(),
  })
  .openapi('CustomerRow');

const asRow = (line: CustomerLine): z.infer<typeof row> => {
  const { id: customer, name, company, owner, stage, source, begunAt, endedAt, partOf } = line;
  const { unansweredSince, lastGuestAt, lastStaffAt, tags } = line;
  return {
    ...{ id: customer, name, company, owner, stage, source, tags: [...tags], begunAt, endedAt },
    ...{ unansweredSince, lastGuestAt, lastStaffAt, partOf },
  };
};

type ListBy = z.infer<typeof listQuery>;

/** What is behind a figure, and in which order it is shown. */
function behind(asked: ListBy): readonly [CustomersQuery, CustomersOrder] {
  const { of, from = 0, to = Number.MAX_SAFE_INTEGER, stage = '', source = '' } = asked;
  switch (of) {
    case 'customers':
      return [{ isEnded: false }, 'n'];
    case 'added':
      return [{ begun: [from, to] }, 'begun'];
    case 'lost':
      return [{ ended: [from, to] }, 'n'];
    case 'active':
      return [{ talking: [from, to] }, 'n'];
    case 'unanswered':
      return [{ withParts: true }, 'unanswered'];
    case 'stage':
      return [{ isEnded: false, stages: [stage === '' ? null : stage] }, 'n'];
    case 'source':
      return [{ begun: [from, to], sources: [source] }, 'begun'];
  }
}

const cursorOf = (line: CustomerLine, order: CustomersOrder): CustomersCursor => ({
  at: order === 'begun' ? line.begunAt : order === 'unanswered' ? line.unansweredSince! : line.n,
  n: line.n,
});

/** Figures of the customers of a line, and the rows behind them. Nobody's words are in either. */
export function addCustomersFiguresRoutes(routes: Routes, deps: AppDeps): void {
  const { clock, customers: table } = deps;
  const led = createLed(deps);
  const turns = createCountingTurns(() => clock.now());
  const counts = createCounts(table, () => clock.now(), turns);
  setTimeout(() => void counts.warm(), warmAfter).unref();
  addCustomersTalksRoute(routes, deps, counts);
  addCustomersBroadcastsRoutes(routes, deps, turns);

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/figures',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'Figures of the customers of everybody whom the caller leads, and of their own.',
      description:
        'Who leads nobody gets those of their own customers. Times are milliseconds, in office hours where the contact link has some. `docs/design.md` says what each figure means.',
      request: { query: figuresQuery },
      responses: {
        200: json(figuresAnswer, 'Counted within the last seconds: `at`'),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'too-many-requests'),
      },
    }),
    async (c) => {
      const asked = c.req.valid('query');
      const { from, to, step, link, source } = asked;
      if (to <= from || barsOf({ from, to, step }) > mostBars)
        refuse('bad-request', `to: after from, and at most ${mostBars} bars`);
      const { member } = c.get('caller');
      const chosen = chosenBy(asked, led.peopleOf(member, asked));
      const key = JSON.stringify([
        ...[from, to, step, link ?? null, source ?? null],
        chosen.people === null ? null : [...chosen.people].sort(),
      ]);
      const period = { from, to, step };
      const { hoursOf } = led;
      const figures = await (counts.figures({ key, by: member, period, chosen, hoursOf }) ??
        refuse('too-many-requests', 'figures of before are still being counted'));
      const leads = led.leads(member);
      const { added, lost, active, firstAnswers, resolutions, unanswered, stages, sources, people } = figures;
      return c.json(
        {
          ...figures,
          ...{ added: [...added], lost: [...lost], active: [...active], firstAnswers: [...firstAnswers] },
          ...{ resolutions: [...resolutions], stages: [...stages], sources: [...sources] },
          unanswered: [...unanswered] as [number, number, number, number],
          people: [...people],
          leads,
        },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/behind',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'The customers behind a figure, a page of them.',
      description:
        'Those whom somebody of the line has now. Customers who count, and are with others meanwhile, are not told.',
      request: { query: listQuery },
      responses: {
        200: json(
          z.object({
            rows: z.array(row),
            next: z.string().nullable().openapi({ description: 'For `after`; null at the end' }),
          }),
          `At most ${mostRows}`,
        ),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'too-many-requests'),
      },
    }),
    (c) => {
      const asked = c.req.valid('query');
      const people = led.peopleOf(c.get('caller').member, asked);
      const [query, order] = behind(asked);
      const [at, n] = asked.after?.split('-').map(Number) ?? [];
      const lines = table.lines(
        {
          ...query,
          ...(people === null ? {} : { owners: [...people] }),
          ...(asked.link === undefined ? {} : { links: [asked.link] }),
          ...(asked.source === undefined ? {} : { sources: [asked.source] }),
        },
        order,
        at === undefined || n === undefined ? null : { at, n },
        mostRows + 1,
      );
      const shown = lines.slice(0, mostRows);
      const last = lines.length > mostRows ? cursorOf(shown.at(-1)!, order) : null;
      return c.json({ rows: shown.map(asRow), next: last && `${last.at}-${last.n}` }, 200);
    },
  );
}
