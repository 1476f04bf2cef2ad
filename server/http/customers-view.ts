import { z } from '@hono/zod-openapi';
import type { LogEntry } from '../../shared/access/kind.ts';
import { isApp } from '../../shared/base/apps.ts';
import { isGuest } from '../../shared/base/guests.ts';
import { isId, type CustomerId, type MemberId, type RoomId } from '../../shared/base/ids.ts';
import type { MessageFile } from '../../shared/features/chat/attachment.ts';
import { chatEdit, chatRecall, isErased, messageOf } from '../../shared/features/chat/messages.ts';
import { customerChatId } from '../../shared/features/customers/conversation.ts';
import { fixedFields, type CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { seenOf, valueOf } from '../../shared/features/customers/customer.ts';
import { withoutCode } from '../../shared/features/customers/personal.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import type { Relay } from '../relay/contract.ts';
import { id, time } from './schemas.ts';

/* How customers and what is said with them look to other systems. */

export const who = z
  .object({
    id,
    name: z.string(),
    is: z.enum(['member', 'customer', 'app']),
  })
  .openapi('Author', { description: 'Whose doing something is' });

const field = z
  .object({
    value: z.string(),
    seen: z.number().int().openapi({ description: 'To be sent back with a change: what its writer saw' }),
    conflict: z
      .array(z.object({ value: z.string(), by: who, at: time }))
      .openapi({ description: 'Values of writers who had not seen each other’s, until somebody settles it' }),
  })
  .openapi('CustomerField');

const planned = z.object({ id, seq: z.number().int(), at: time, text: z.string() });

export const customerAnswer = z
  .object({
    id,
    external: z.string().nullable().openapi({ description: 'What this app calls the customer' }),
    fields: z.record(z.string(), field).openapi({
      description: 'name, phone, mail, company, remark, and by its id each field that the company defined',
    }),
    tags: z.array(id),
    stage: id.nullable().openapi({ description: 'null: the first one' }),
    owner: who.nullable(),
    helpers: z.array(who),
    source: z.string(),
    link: z.object({ id, name: z.string() }).nullable(),
    language: z.enum(['en', 'zh']),
    begunAt: time.nullable(),
    endedAt: time.nullable(),
    planned: planned.nullable().openapi({ description: 'The follow-up that is planned next' }),
    mergedInto: id.nullable().openapi({ description: 'The customer that this one was merged into' }),
  })
  .openapi('Customer');

export const changeAnswer = z
  .object({ seq: z.number().int(), id, type: z.string(), by: who, at: time, data: z.unknown() })
  .openapi('CustomerChange', {
    description: 'An entry of the customer’s file. Its type says what data is: shared/features/customers',
  });

const file = z.object({
  hash: z.string(),
  name: z.string(),
  size: z.number().int(),
  type: z.string(),
  url: z.string().openapi({ description: 'Where this app gets the bytes' }),
});

export const messageAnswer = z
  .object({
    seq: z.number().int(),
    id,
    is: z.enum(['message', 'edit', 'recall']),
    by: who,
    at: time,
    text: z.string(),
    files: z.array(file),
    recalled: z.boolean().openapi({ description: 'It was taken back: nobody has its words any more' }),
    target: id.nullable().openapi({ description: 'Of an edit or recall: the message that is meant' }),
  })
  .openapi('CustomerMessage');

export type MessageAnswer = z.infer<typeof messageAnswer>;

export interface CustomersView {
  fileRoom(customer: CustomerId): RoomId;
  chatRoom(customer: CustomerId): RoomId;
  /** Null where there is no such customer, or not all of them is here. */
  state(customer: string): CustomerState | null;
  who(member: MemberId): z.infer<typeof who>;
  customer(
    customer: CustomerId,
    state: CustomerState,
    external: string | null,
  ): z.infer<typeof customerAnswer>;
  change(entry: LogEntry): z.infer<typeof changeAnswer>;
  /** Null for entries that say nothing to the other side. */
  message(customer: CustomerId, entry: LogEntry): MessageAnswer | null;
}

/** Files of a merge point to where the customer goes on. */
type Merged = CustomerState & { readonly into?: CustomerId | null };

export function createCustomersView(relay: Pick<Relay, 'nameOf' | 'state' | 'workspace'>): CustomersView {
  const fileRoom = (customer: CustomerId): RoomId => roomId(relay.workspace, 'customer', customer);
  const whoIs = (member: MemberId): z.infer<typeof who> => ({
    id: member,
    name: relay.nameOf(member),
    is: isGuest(member) ? 'customer' : isApp(member) ? 'app' : 'member',
  });
  const fieldOf = (state: CustomerState, name: string): z.infer<typeof field> => ({
    value: valueOf(state, name),
    seen: seenOf(state, name),
    conflict: (Object.hasOwn(state.conflicts, name) ? state.conflicts[name]! : []).map(
      ({ value, by, at }) => ({ value, by: whoIs(by), at }),
    ),
  });
  const fileAnswer = (customer: CustomerId, { hash, name, size, type }: MessageFile) => ({
    ...{ hash, name, size, type },
    url: `/api/v1/customers/${customer}/files/${hash}`,
  });

  return {
    fileRoom,
    chatRoom: (customer) => roomId(relay.workspace, 'chat', customerChatId(customer)),
    state(customer) {
      if (!isId(customer)) return null;
      const state = relay.state(fileRoom(customer as CustomerId)) as CustomerState;
      return state.begun && !state.importing ? state : null;
    },
    who: whoIs,
    customer(customer, state, external) {
      const { tags, stage, owner, helpers, source, link, language, begun, ended, next } = state;
      return {
        ...{ id: customer, external, stage, source, link, language },
        fields: Object.fromEntries(
          [...fixedFields, ...Object.keys(state.fields)].map((name) => [name, fieldOf(state, name)]),
        ),
        tags: [...tags],
        owner: owner === null ? null : whoIs(owner),
        helpers: helpers.map(whoIs),
        begunAt: begun?.at ?? null,
        endedAt: ended?.at ?? null,
        planned: next && { id: next.id, seq: next.seq, at: next.at, text: next.text },
        mergedInto: (state as Merged).into ?? null,
      };
    },
    change(entry) {
      const { seq, id: of, type, by, at, data } = withoutCode(entry);
      return { seq, id: of, type, by: whoIs(by), at, data };
    },
    message(customer, entry) {
      const { seq, id: of, by, at, type, data } = entry;
      const said = { seq, id: of, by: whoIs(by), at, files: [], recalled: false, target: null };
      if (type === 'chat.edit') {
        const edit = chatEdit.safeParse(data);
        return edit.success
          ? { ...said, is: 'edit', text: edit.data.text, target: edit.data.target.id }
          : isAboutErased(data)
            ? { ...said, is: 'edit', text: '', recalled: true, target: data.target.id }
            : null;
      }
      if (type === 'chat.recall') {
        const recall = chatRecall.safeParse(data);
        return recall.success ? { ...said, is: 'recall', text: '', target: recall.data.target.id } : null;
      }
      if (isErased(entry)) return { ...said, is: 'message', text: '', recalled: true };
      const message = messageOf(entry);
      if (!message) return null;
      const files = (message.files ?? []).map((each) => fileAnswer(customer, each));
      return { ...said, is: 'message', text: message.text, files };
    },
  };
}

/** What is left of an edit whose message was recalled. */
const isAboutErased = (data: unknown): data is { readonly target: { readonly id: string } } =>
  typeof data === 'object' &&
  data !== null &&
  'erased' in data &&
  chatRecall.safeParse({ target: (data as { target?: unknown }).target }).success;
