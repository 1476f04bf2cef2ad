import { createRoute, z } from '@hono/zod-openapi';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { chatErasing } from '../../../shared/features/chat/erasing.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import { mayLead } from '../../../shared/features/customers/line.ts';
import { withoutCode } from '../../../shared/features/customers/personal.ts';
import { staffOf } from '../../../shared/features/customers/staff.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import { roomId } from '../../../shared/protocol/rooms.ts';
import type { AppDeps } from '../deps.ts';
import { plainType } from '../../blobs/file-type.ts';
import { signedIn } from '../guards.ts';
import { refuse } from '../refusals.ts';
import { sendFile } from './blobs.ts';
import { body, id, json, membersOnly, refusals, time } from '../schemas.ts';
import type { Routes } from './app.ts';

/** Entries of one answer, of the file and of the conversation each. */
const mostEntries = 200;
/** Looks within so long are told once, milliseconds. */
const onceIn = 10 * 60_000;
/** So long after a look its files are open. Milliseconds. */
const openFor = 60 * 60_000;
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
  met: z
    .array(z.object({ message: z.string(), rule: z.string(), words: z.array(z.string()) }))
    .openapi({ description: 'Which of these messages met word rules' }),
});

/** What a leader reads of the customers of their line: from the relay, never on their device, and told to who works there. */
export function addCustomersLookRoute(routes: Routes, deps: AppDeps): void {
  const { relay, clock, blobs, wordHits } = deps;
  const room = (kind: string, of: string, part?: string): RoomId => roomId(relay.workspace, kind, of, part);
  const settings = room('customers', 'main');
  const told = new Map<string, number>();
  /** When somebody looked last. */
  const looked = new Map<string, number>();
  const chatOf = (customer: string): RoomId => room('chat', customerChatId(customer));

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

  /** Who may look at a customer: who works with them, and who is set above the owner. */
  const rightOf = (member: MemberId, customer: string): 'works' | 'leads' | null => {
    const actor = relay.actor(member);
    const state = relay.state(room('customer', customer)) as CustomerState;
    if (!actor || !state.begun) return null;
    if (staffOf(state).includes(member)) return 'works';
    const company = relay.state(settings) as SettingsState;
    return mayLead(relay.directory(), company, actor, state.owner ?? ('' as MemberId)) ? 'leads' : null;
  };
  const mayOpen = (member: MemberId, customer: string): boolean => {
    const right = rightOf(member, customer);
    const at = looked.get(`${member} ${customer}`) ?? -openFor;
    return right === 'works' || (right === 'leads' && clock.now() - at < openFor);
  };

  /** Which words of those messages met rules. */
  const metIn = (chat: RoomId, entries: readonly LogEntry[]) => {
    const [first] = entries;
    if (!first) return [];
    // New words of an edit are those of its message.
    const said = new Map<string, string>(
      entries.map((each) => [each.id, chatErasing.about(each)?.id ?? each.id]),
    );
    return wordHits.inRoom(chat, first.at).flatMap(({ id: by, name: rule, words, outcome }) => {
      const message = outcome === 'held' ? undefined : said.get(by);
      return message === undefined ? [] : [{ message, rule, words: [...words] }];
    });
  };

  /** The last entries before that one. */
  const last = (of: RoomId, before: number | undefined) => {
    const head = relay.head(of);
    const end = Math.min(before ?? head, head);
    const from = Math.max(0, end - mostEntries);
    const entries: LogEntry[] = end > from ? relay.entries(null, of, from, end - from) : [];
    return { entries, from };
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
        'Each look is told in the customer’s history and to administrators, once in ten minutes. For an hour its files can be read.',
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
      const file = room('customer', customer);
      const { owner, guest, name, helpers } = relay.state(file) as CustomerState;
      const right = rightOf(member, customer);
      // A customer that is not there is told like one of somebody else.
      if (right === null) refuse('forbidden', 'not of your line');
      if (right === 'leads') {
        await tell(member, customer, owner);
        if (looked.size >= mostRemembered) looked.clear();
        looked.set(`${member} ${customer}`, clock.now());
      }
      const chat = chatOf(customer);
      const [ofFile, ofChat] = [last(file, fileBefore), last(chat, chatBefore)];
      return c.json(
        {
          ...{ name, guest, owner, helpers: [...helpers], chat: ofChat.entries },
          file: right === 'leads' ? ofFile.entries.map(withoutCode) : ofFile.entries,
          ...{ fileBefore: ofFile.from, chatBefore: ofChat.from, met: metIn(chat, ofChat.entries) },
        },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: 'get',
      path: '/api/customers/{id}/files/{hash}',
      tags: ['Customers'],
      security: membersOnly,
      middleware: [signedIn(deps)],
      summary: 'A file of the conversation with a customer, for an hour after a look.',
      request: {
        params: z.object({ id, hash: z.string().regex(/^[0-9a-f]{64}$/) }),
        query: z.object({
          name: z.string().min(1).max(255).optional().openapi({ description: 'Save it under this name' }),
        }),
      },
      responses: {
        200: {
          description: 'The bytes',
          content: { [plainType]: { schema: z.string().openapi({ format: 'binary' }) } },
        },
        ...refusals('bad-request', 'not-signed-in', 'session-ended', 'forbidden', 'not-found', 'not-kept'),
      },
    }),
    async (c) => {
      const { id: customer, hash } = c.req.valid('param');
      const { name } = c.req.valid('query');
      const { member } = c.get('caller');
      if (!mayOpen(member, customer)) refuse('forbidden', 'look inside first');
      const mayStill = () => rightOf(member, customer) !== null;
      return sendFile(c, blobs, { room: chatOf(customer), hash, name }, mayStill);
    },
  );
}
