import { createRoute, z } from '@hono/zod-openapi';
import { guestOf } from '../../../shared/base/guests.ts';
import type { CustomerId, MemberId } from '../../../shared/base/ids.ts';
import {
  mostBroadcast,
  outcomes,
  waiting,
  type BroadcastListState,
  type BroadcastState,
  type Outcome,
} from '../../../shared/features/customers/broadcast-schema.ts';
import { partOf, roomId } from '../../../shared/protocol/rooms.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import { lineOf } from '../../../shared/features/customers/line.ts';
import { stagesOf, type SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import type { BroadcastLine } from '../../storage/broadcasts-contract.ts';
import type { CustomerLine, CustomersCursor, CustomersQuery } from '../../storage/customers-contract.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse } from '../refusals.ts';
import { readableRoom } from '../room-access.ts';
import { body, id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

const tags = ['Customers'];
const security = membersOnly;
/** Customers of one answer. */
const page = 100;
/** Customers that are read in one turn. */
const lineage = 500;

const figures = z
  .object({
    read: z.number().int(),
    answered: z.number().int().openapi({ description: 'Said something within a week' }),
    at: time,
  })
  .openapi('BroadcastFigures');

const all = ['waiting', ...Object.values(outcomes), 'read', 'answered'] as const;
const line = z
  .object({
    customer: id,
    name: z.string().openapi({ description: 'Empty where they told none, and of who is not the maker’s' }),
    owner: id.nullable(),
    readAt: time.nullable(),
    answeredAt: time.nullable(),
  })
  .openapi('BroadcastCustomer');

const letters: ReadonlyMap<Outcome | 'waiting', string> = new Map([
  ['waiting', waiting] as const,
  ...Object.entries(outcomes).map(([letter, outcome]) => [outcome, letter] as const),
]);

/** What became of messages to many, and of whom: for who made them, and each owner for their own customers. */
export function addBroadcastRoutes(routes: Routes, deps: AppDeps): void {
  const { relay, clock, customers: lines, broadcasts: table } = deps;
  const middleware = [signedIn(deps)];
  const refused = refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'room-not-found');

  /** The rooms of it, and whose customers the caller is told of: null is everybody's. */
  const find = (member: MemberId, of: string) => {
    const { room } = readableRoom(deps, member, roomId(relay.workspace, 'broadcast', of));
    const state = relay.state(room) as BroadcastState;
    return { state, room, only: state.begun?.by === member ? null : member };
  };

  /** Who is meant by a conversation: the customer, or the one whom they are a part of. */
  const wholeOf = (customer: CustomerId): CustomerId =>
    (lines.line(customer)?.partOf ?? customer) as CustomerId;
  const partsOf = (customer: CustomerId): CustomerId[] =>
    Object.keys(
      (relay.state(roomId(relay.workspace, 'customer', customer)) as CustomerState).merged ?? {},
    ) as CustomerId[];

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/broadcasts/{id}',
      ...{ tags, security, middleware },
      summary: 'How many customers read a message to many, and answered it.',
      request: { params: z.object({ id }) },
      responses: { 200: json(figures, 'So far; owners are told of their own customers'), ...refused },
    }),
    (c) => {
      const of = c.req.valid('param').id;
      const { only } = find(c.get('caller').member, of);
      return c.json({ ...table.results(of, only), at: clock.now() }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/broadcasts/{id}/customers',
      ...{ tags, security, middleware },
      summary: 'The customers behind a figure of a message to many, a hundred at once.',
      request: {
        params: z.object({ id }),
        query: z.object({
          of: z.enum(all).openapi({ description: 'What became of them, or what they did with it' }),
          after: z.string().max(64).optional().openapi({ description: '`next` of the answer before' }),
        }),
      },
      responses: {
        200: json(z.object({ customers: z.array(line), next: z.string().nullable() }), 'Some of them'),
        ...refused,
      },
    }),
    (c) => {
      const broadcast = c.req.valid('param').id;
      const { of, after } = c.req.valid('query');
      const { state, room, only } = find(c.get('caller').member, broadcast);
      const shown = (
        customer: CustomerId,
        owner: MemberId | null,
        found: BroadcastLine | undefined,
      ): z.infer<typeof line> => ({
        customer,
        owner,
        // Who is reached in the conversation of a part has no guest of their own.
        name: owner === null ? '' : relay.nameOf(guestOf(customer)) || (lines.line(customer)?.name ?? ''),
        readAt: found?.readAt ?? null,
        answeredAt: found?.answeredAt ?? null,
      });
      if (of === 'read' || of === 'answered') {
        const having = table.having(broadcast, of, only, after ?? '', page);
        const customers = having.map((each) => shown(wholeOf(each.customer), each.owner, each));
        return c.json({ customers, next: having.length < page ? null : having.at(-1)!.customer }, 200);
      }
      const list = relay.state(partOf(room, 'list')) as BroadcastListState;
      const letter = letters.get(of)!;
      const first = after === undefined ? 0 : Number(after);
      if (!Number.isSafeInteger(first) || first < 0)
        return refuse('bad-request', 'after: not from an answer');
      const ownerAt = (place: number): MemberId | null => state.owners[list.owners[place]!]?.member ?? null;
      const places: number[] = [];
      let place = first;
      for (; place < list.outcomes.length && places.length < page; place++)
        if (list.outcomes[place] === letter && (only === null || ownerAt(place) === only)) places.push(place);
      const ids = places.map((each) => list.customers[each]!);
      const found = new Map(table.lines(broadcast, ids).map((each) => [each.customer, each]));
      if (of === 'sent')
        for (const each of ids.filter((id) => !found.has(id))) {
          const [line] = table.lines(broadcast, partsOf(each));
          if (line) found.set(each, line);
        }
      const customers = places.map((each) => {
        const customer = list.customers[each]!;
        return shown(customer, ownerAt(each), found.get(customer));
      });
      return c.json({ customers, next: place < list.outcomes.length ? String(place) : null }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/broadcast-recipients',
      ...{ tags, security, middleware },
      summary: 'Customers of those whom the caller leads, and their own, to whom a message to many may go.',
      request: {
        body: body(
          z.object({
            stage: id.nullable(),
            source: z.string().max(60).nullable(),
            tags: z.array(id).max(100).openapi({ description: 'One of them at least; none narrow nothing' }),
          }),
        ),
      },
      responses: {
        200: json(
          z.object({
            customers: z.array(id),
            reached: z.number().int().openapi({ description: 'So many of them have a conversation' }),
          }),
          'At most one more than may get a message, none of them ended',
        ),
        ...refusals('bad-request', 'not-signed-in', 'session-ended'),
      },
    }),
    async (c) => {
      const { stage, source, tags: tagged } = c.req.valid('json');
      const { member } = c.get('caller');
      const settings = relay.state(roomId(relay.workspace, 'customers', 'main')) as SettingsState;
      const actor = relay.actor(member);
      const people = actor ? lineOf(relay.directory(), settings, actor) : new Set<MemberId>();
      const first = stagesOf(settings)[0]!.id;
      const query: CustomersQuery = {
        isEnded: false,
        ...(people === 'everybody' ? {} : { owners: [...people] }),
        ...(stage === null ? {} : { stages: stage === first ? [stage, null] : [stage] }),
        ...(source === null ? {} : { sources: [source] }),
        ...(tagged.length > 0 ? { tags: tagged } : {}),
      };
      /** All of them, `lineage` at once; until it is enough. */
      const walk = async (of: CustomersQuery, look: (line: CustomerLine) => boolean): Promise<void> => {
        for (let after: CustomersCursor | null = null; ;) {
          const some = lines.lines(of, 'n', after, lineage);
          const last = some.at(-1);
          if (!some.every(look) || !last || some.length < lineage) return;
          after = { at: last.n, n: last.n };
          // Others have their turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const hasTalk = (customer: string): boolean =>
        relay.head(roomId(relay.workspace, 'chat', customerChatId(customer))) > 0;
      const customers: string[] = [];
      const unreached = new Set<string>();
      await walk(query, (each) => {
        if (customers.length === mostBroadcast.customers + 1) return false;
        customers.push(each.id);
        if (!hasTalk(each.id)) unreached.add(each.id);
        return true;
      });
      // Who has none of their own may have one as a part.
      const parts = {
        isEnded: false,
        withParts: true,
        ...(query.owners && { owners: query.owners }),
      } as const;
      if (unreached.size > 0)
        await walk(parts, (each) => {
          if (each.partOf !== null && unreached.has(each.partOf) && hasTalk(each.id))
            unreached.delete(each.partOf);
          return unreached.size > 0;
        });
      return c.json({ customers, reached: customers.length - unreached.size }, 200);
    },
  );
}
