import { createRoute, z } from '@hono/zod-openapi';
import type { MemberId } from '../../../shared/base/ids.ts';
import { barsOf, isChosen, mostBars, mostPeople } from '../../../shared/features/customers/figures.ts';
import type { BroadcastState } from '../../../shared/features/customers/broadcast-schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { SentLine, SentPlace } from '../../storage/broadcasts-contract.ts';
import { pauses, type CountingTurns } from '../counting-turns.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { chosenBy, chosenQuery, createLed, moment } from '../led.ts';
import { refuse } from '../refusals.ts';
import { id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Lines that are read at once: some milliseconds. */
const atOnce = 1_000;
const mostRows = 200;
/** Messages to many that are told by name, the newest. */
const mostNamed = 100;
const figuresQuery = chosenQuery.extend({
  ...{ from: moment, to: moment },
  step: z.coerce.number().int().min(3_600_000).openapi({ description: 'Length of a bar, milliseconds' }),
});
const tooMany = 'figures of before are still being counted';
const whats = ['sent', 'read', 'answered'] as const;
const counts = { sent: z.number(), read: z.number(), answered: z.number() };
const bars = z.array(z.number());
const figures = z
  .object({
    at: time,
    ...{ sent: bars, read: bars, answered: bars },
    people: z.array(z.object({ member: id, ...counts })).openapi({ description: `At most ${mostPeople}` }),
    broadcasts: z
      .array(z.object({ id, name: z.string(), by: id.nullable(), at: time, ...counts }))
      .openapi({ description: `The ${mostNamed} newest` }),
  })
  .openapi('BroadcastsFigures');
const row = z
  .object({
    ...{ id, name: z.string(), owner: id.nullable(), partOf: id.nullable() },
    ...{ broadcast: id, broadcastName: z.string(), at: time },
    ...{ readAt: time.nullable(), answeredAt: time.nullable() },
  })
  .openapi('SentRow');
const listQuery = chosenQuery.extend({
  ...{ from: moment, to: moment },
  of: z.enum(whats),
  broadcast: id.optional(),
  after: z
    .string()
    .regex(/^\d{1,16} [A-Za-z0-9_-]{1,64} [A-Za-z0-9_-]{1,64}$/)
    .optional()
    .openapi({ description: '`next` of the answer before' }),
});

interface Tally {
  sent: number;
  read: number;
  answered: number;
}
const nothing = (): Tally => ({ sent: 0, read: 0, answered: 0 });
function add(to: Tally, { readAt, answeredAt }: SentLine): void {
  to.sent++;
  if (readAt !== null) to.read++;
  if (answeredAt !== null) to.answered++;
}

/** What became of messages to many that went to customers of a line. */
export function addCustomersBroadcastsRoutes(routes: Routes, deps: AppDeps, turns: CountingTurns): void {
  const { relay, clock, broadcasts: table, customers } = deps;
  const led = createLed(deps);
  const stateOf = (broadcast: string): BroadcastState =>
    relay.state(roomId(relay.workspace, 'broadcast', broadcast)) as BroadcastState;

  /** Shows all of that time, the newest first, until somebody has seen enough. */
  const through = async (
    from: number,
    to: number,
    after: SentPlace | null,
    see: (line: SentLine) => boolean,
  ): Promise<void> => {
    const pause = pauses();
    for (let before = after; ;) {
      const some = table.sent(from, to, before, atOnce);
      for (const line of some) if (!see(line)) return;
      if (some.length < atOnce) return;
      before = some.at(-1)!;
      await pause();
    }
  };

  const count = async (
    { from, to, step }: z.infer<typeof figuresQuery>,
    chosen: ReturnType<typeof chosenBy>,
  ): Promise<z.infer<typeof figures>> => {
    const tallies = Array.from({ length: barsOf({ from, to, step }) }, nothing);
    const people = new Map<MemberId, Tally>();
    const named = new Map<string, Tally & { at: number }>();
    await through(from, to, null, (line) => {
      if (!isChosen(chosen, line.owner, line)) return true;
      const own = people.get(line.owner) ?? nothing();
      people.set(line.owner, own);
      const of = named.get(line.broadcast) ?? { ...nothing(), at: line.at };
      named.set(line.broadcast, of);
      of.at = Math.min(of.at, line.at);
      for (const tally of [tallies[Math.floor((line.at - from) / step)]!, own, of]) add(tally, line);
      return true;
    });
    return {
      at: clock.now(),
      sent: tallies.map(({ sent }) => sent),
      read: tallies.map(({ read }) => read),
      answered: tallies.map(({ answered }) => answered),
      people: [...people]
        .map(([member, tally]) => ({ member, ...tally }))
        .sort((a, b) => b.sent - a.sent || (a.member < b.member ? -1 : 1))
        .slice(0, mostPeople),
      broadcasts: [...named].slice(0, mostNamed).map(([broadcast, tally]) => {
        const { name, begun } = stateOf(broadcast);
        return { id: broadcast, name, by: begun?.by ?? null, ...tally };
      }),
    };
  };

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/broadcasts',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'What became of messages to many that went to customers of the caller’s line.',
      description: 'A message counts for whose it was, at the time at which it was sent.',
      request: { query: figuresQuery },
      responses: {
        200: json(figures, 'Counted within the last seconds: `at`'),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'too-many-requests'),
      },
    }),
    async (c) => {
      const asked = c.req.valid('query');
      if (asked.to <= asked.from || barsOf(asked) > mostBars)
        refuse('bad-request', `to: after from, and at most ${mostBars} bars`);
      const { member } = c.get('caller');
      const chosen = chosenBy(asked, led.peopleOf(member, asked));
      const people = chosen.people === null ? null : [...chosen.people].sort();
      const key = JSON.stringify([asked.from, asked.to, asked.step, asked.link, asked.source, people]);
      const answer = turns.once(`broadcasts ${key}`, member, () => count(asked, chosen));
      return c.json(await (answer ?? refuse('too-many-requests', tooMany)), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/broadcasts/behind',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'The customers behind a figure of messages to many, a page of them, the newest first.',
      description: 'Those whom somebody of the line has now.',
      request: { query: listQuery },
      responses: {
        200: json(z.object({ rows: z.array(row), next: z.string().nullable() }), `At most ${mostRows}`),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'too-many-requests'),
      },
    }),
    async (c) => {
      const asked = c.req.valid('query');
      const { from, to, of, broadcast } = asked;
      const { member } = c.get('caller');
      const chosen = chosenBy(asked, led.peopleOf(member, asked));
      const [at, last, customer] = asked.after?.split(' ') ?? [];
      const after =
        at === undefined ? null : { at: Number(at), broadcast: last!, customer: customer as never };
      const isMeant = ({ owner, ownerNow, readAt, answeredAt, ...line }: SentLine): boolean =>
        (of === 'sent' || (of === 'read' ? readAt : answeredAt) !== null) &&
        (broadcast === undefined || line.broadcast === broadcast) &&
        isChosen(chosen, owner, line) &&
        isChosen(chosen, ownerNow, line);
      const search = async (): Promise<SentLine[]> => {
        const found: SentLine[] = [];
        await through(from, to, after, (line) => {
          if (isMeant(line)) found.push(line);
          return found.length <= mostRows;
        });
        return found;
      };
      const key = JSON.stringify(['sent', member, asked]);
      const lines = await (turns.once(key, member, search) ?? refuse('too-many-requests', tooMany));
      const shown = lines.slice(0, mostRows);
      const ids = shown.map((line) => line.customer);
      const found = new Map(
        customers.lines({ ids, withParts: true }, 'n', null, ids.length).map((each) => [each.id, each]),
      );
      const rows = shown.map((line) => ({
        ...{ id: line.customer, name: found.get(line.customer)?.name ?? '', owner: line.ownerNow },
        ...{ partOf: found.get(line.customer)?.partOf ?? null, at: line.at, broadcast: line.broadcast },
        broadcastName: stateOf(line.broadcast).name,
        ...{ readAt: line.readAt, answeredAt: line.answeredAt },
      }));
      const end = shown.at(-1);
      const next = lines.length > mostRows && end ? `${end.at} ${end.broadcast} ${end.customer}` : null;
      return c.json({ rows, next }, 200);
    },
  );
}
