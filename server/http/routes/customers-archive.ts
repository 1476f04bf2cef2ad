import { createRoute, z } from '@hono/zod-openapi';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { leadsEverybody } from '../../../shared/features/customers/line.ts';
import { withoutCode } from '../../../shared/features/customers/personal.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import { plainType } from '../../blobs/file-type.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse } from '../refusals.ts';
import { id, json, membersOnly, nothing, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';
import { sendFile } from './blobs.ts';
import { entriesWithin } from './rooms.ts';

/** Customers of one answer. */
const mostCustomers = 500;
/** Entries of one answer, of the file and of the conversation each. */
const mostEntries = 1_000;
/** So long after it was begun an export may go on. Milliseconds. */
const openFor = 24 * 60 * 60_000;

const seq = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const entry = z
  .object({
    ...{ seq: z.number().int(), id: z.string(), type: z.string(), by: z.string(), at: time },
    data: z.unknown(),
  })
  .openapi('ArchivedEntry');
const next = z.number().int().nullable().openapi({ description: 'To go on from; null at the end' });

/** All customers of the company with everything about them, piece by piece, for who looks after all of them. */
export function addCustomersArchiveRoutes(routes: Routes, deps: AppDeps): void {
  const { relay, clock, customers: table, blobs } = deps;
  const room = (kind: string, of: string, part?: string): RoomId => roomId(relay.workspace, kind, of, part);
  const chatOf = (customer: string): RoomId => room('chat', customerChatId(customer));
  const begun = new Map<MemberId, number>();

  const mayExport = (member: MemberId): boolean => {
    const actor = relay.actor(member);
    return actor !== null && leadsEverybody(actor, relay.state(room('customers', 'main')) as SettingsState);
  };

  const admit = (member: MemberId): void => {
    if (!mayExport(member)) refuse('forbidden', 'for administrators, also of customers');
  };
  /** Nothing is given before it is written down who takes it. */
  const admitBegun = (member: MemberId): void => {
    admit(member);
    if (clock.now() - (begun.get(member) ?? -openFor) >= openFor)
      refuse('forbidden', 'begin the export first');
  };

  const common = { tags: ['Customers'], security: membersOnly, middleware: [signedIn(deps)] };
  const refused = refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'storage-failed');

  routes.openapi(
    createRoute({
      ...common,
      method: 'post',
      path: '/api/customers/archive',
      summary: 'Begins an export of all customers of the company, for who looks after all of them.',
      description: 'It is told to administrators. For a day its parts can be read.',
      responses: { 204: nothing('Begun'), ...refused },
    }),
    async (c) => {
      const { member } = c.get('caller');
      admit(member);
      const admin = room('directory', 'main', 'admin');
      await relay.appendFacts([{ room: admin, type: 'customers.exported', by: member, data: {} }]);
      begun.set(member, clock.now());
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/customers/archive',
      summary: 'All customers of the company, for an export that was begun.',
      request: { query: z.object({ after: seq.optional() }) },
      responses: {
        200: json(
          z.object({
            customers: z.array(
              z.object({
                ...{ id, name: z.string(), owner: id.nullable(), helpers: z.array(id) },
                partOf: z
                  .string()
                  .nullable()
                  .openapi({ description: 'The customer whom they were merged into' }),
              }),
            ),
            next: next.openapi({ description: 'For `after`; null at the end' }),
          }),
          `At most ${mostCustomers}`,
        ),
        ...refused,
      },
    }),
    (c) => {
      const { after } = c.req.valid('query');
      admitBegun(c.get('caller').member);
      const cursor = after === undefined ? null : { at: after, n: after };
      const lines = table.lines({ withParts: true }, 'n', cursor, mostCustomers + 1);
      const shown = lines.slice(0, mostCustomers);
      const customers = shown.map(({ id: customer, name, owner, helpers, partOf }) => ({
        ...{ id: customer, name, owner, helpers: [...helpers], partOf },
      }));
      return c.json({ customers, next: lines.length > mostCustomers ? shown.at(-1)!.n : null }, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/customers/archive/{id}',
      summary: 'Entries of the file of a customer and of their conversation, from a position on.',
      request: { params: z.object({ id }), query: z.object({ file: seq.optional(), chat: seq.optional() }) },
      responses: {
        200: json(
          z.object({ file: z.array(entry), chat: z.array(entry), fileNext: next, chatNext: next }),
          `At most ${mostEntries} of each, fewer where they are long; of what is not asked for while the other is, none`,
        ),
        ...refused,
        ...refusals('room-not-found'),
      },
    }),
    (c) => {
      const customer = c.req.valid('param').id;
      const { file, chat } = c.req.valid('query');
      admitBegun(c.get('caller').member);
      const rooms = [room('customer', customer), chatOf(customer)] as const;
      const state = relay.state(rooms[0]) as CustomerState;
      if (!state.begun || state.importing) return refuse('room-not-found', 'no such customer');
      const isFirst = file === undefined && chat === undefined;
      const read = (of: RoomId, from: number | undefined) => {
        if (from === undefined && !isFirst) return { entries: [], next: null };
        const entries = entriesWithin(relay, null, of, from ?? 0, mostEntries);
        const end = (entries.at(-1)?.seq ?? -1) + 1;
        return { entries, next: entries.length > 0 && end < relay.head(of) ? end : null };
      };
      const [ofFile, ofChat] = [read(rooms[0], file), read(rooms[1], chat)];
      return c.json(
        {
          ...{ file: ofFile.entries.map(withoutCode), fileNext: ofFile.next },
          ...{ chat: ofChat.entries, chatNext: ofChat.next },
        },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      ...common,
      method: 'get',
      path: '/api/customers/archive/{id}/files/{hash}',
      summary: 'A file of the conversation with a customer, for an export of everything.',
      request: { params: z.object({ id, hash: z.string().regex(/^[0-9a-f]{64}$/) }) },
      responses: {
        200: {
          description: 'The bytes',
          content: { [plainType]: { schema: z.string().openapi({ format: 'binary' }) } },
        },
        ...refused,
        ...refusals('not-found', 'not-kept'),
      },
    }),
    async (c) => {
      const { id: customer, hash } = c.req.valid('param');
      const { member } = c.get('caller');
      admitBegun(member);
      return sendFile(c, blobs, { room: chatOf(customer), hash }, () => mayExport(member));
    },
  );
}
