import { createRoute, z } from '@hono/zod-openapi';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { mayLead } from '../../../shared/features/customers/line.ts';
import { staffOf } from '../../../shared/features/customers/staff.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { AppDeps } from '../deps.ts';
import { signedIn } from '../guards.ts';
import { refuse } from '../refusals.ts';
import { body, id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Entries of one answer, of the file and of the conversation each. */
const mostEntries = 200;
/** Looks within so long are told once, milliseconds. */
const onceIn = 10 * 60_000;
const mostRemembered = 10_000;

const entry = z
  .object({
    ...{ seq: z.number().int(), id: z.string(), type: z.string(), by: z.string(), at: time },
    data: z.unknown(),
  })
  .openapi('LookedEntry');
const seq = z.number().int().nonnegative();
const answer = z.object({
  name: z.string().openapi({ description: 'Empty: none yet' }),
  guest: z.string().nullable(),
  owner: id.nullable(),
  helpers: z.array(id),
  file: z.array(entry).openapi({ description: 'Entries of `<workspace>/customer/<id>`, the oldest first' }),
  chat: z.array(entry).openapi({ description: 'Entries of the conversation, the oldest first' }),
  fileBefore: seq.openapi({ description: 'Of the file there are so many before; 0 where this is all' }),
  chatBefore: seq,
});

/** What a leader reads of the customers of their line: from the relay, never on their device, and told to who works there. */
export function addCustomersLookRoute(routes: Routes, deps: AppDeps): void {
  const { relay, clock } = deps;
  const room = (kind: string, of: string, part?: string): RoomId => roomId(relay.workspace, kind, of, part);
  const settings = room('customers', 'main');
  const told = new Map<string, number>();

  const tell = async (member: MemberId, customer: string, owner: MemberId | null): Promise<void> => {
    const key = `${member} ${customer}`;
    const now = clock.now();
    if (now - (told.get(key) ?? -onceIn) < onceIn) return;
    await relay.appendFacts([
      { room: room('customer', customer), type: 'customer.looked', by: member, data: {} },
      {
        ...{ room: room('directory', 'main', 'admin'), type: 'customer.looked', by: member },
        data: { customer, owner },
      },
    ]);
    if (told.size >= mostRemembered) told.clear();
    told.set(key, now);
  };

  /** The last entries before that one. */
  const last = (of: RoomId, before: number | undefined) => {
    const head = relay.head(of);
    const end = Math.min(before ?? head, head);
    const from = Math.max(0, end - mostEntries);
    const entries: LogEntry[] = end > from ? relay.entries(null, of, from, end - from) : [];
    return { entries: entries.map((each) => ({ ...each, id: String(each.id) })), from };
  };

  routes.openapi(
    createRoute({
      method: 'post',
      path: '/api/customers/{id}/look',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'The file of a customer and their conversation, for who is set above the owner.',
      description:
        'Each look is told in the customer’s history and to administrators, once in ten minutes. Files that were sent are named and not given.',
      request: {
        params: z.object({ id }),
        body: body(z.object({ fileBefore: seq.optional(), chatBefore: seq.optional() })),
      },
      responses: {
        200: json(answer, `The last ${mostEntries} entries of each, or those before the ones that are known`),
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'storage-failed'),
      },
    }),
    async (c) => {
      const customer = c.req.valid('param').id;
      const { fileBefore, chatBefore } = c.req.valid('json');
      const { member } = c.get('caller');
      const actor = relay.actor(member);
      const file = room('customer', customer);
      const state = relay.state(file) as CustomerState;
      const { owner, guest, name, helpers } = state;
      const isOfStaff = staffOf(state).includes(member);
      const leads =
        actor !== null &&
        mayLead(relay.directory(), relay.state(settings) as SettingsState, actor, owner ?? ('' as MemberId));
      // A customer that is not there is told like one of somebody else.
      if (!state.begun || !(isOfStaff || leads)) refuse('forbidden', 'not of your line');
      if (!isOfStaff) await tell(member, customer, owner);
      const [ofFile, ofChat] = [
        last(file, fileBefore),
        last(room('chat', customerChatId(customer)), chatBefore),
      ];
      return c.json(
        {
          ...{ name, guest, owner, helpers: [...helpers], file: ofFile.entries, chat: ofChat.entries },
          ...{ fileBefore: ofFile.from, chatBefore: ofChat.from },
        },
        200,
      );
    },
  );
}
