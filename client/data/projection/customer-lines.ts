import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { isCustomerChat } from '../../../shared/features/chat/customer.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import { parseRoom, partOf, roomId } from '../../../shared/protocol/rooms.ts';
import type { ChatRow, CustomerRow } from '../api.ts';
import type { CustomerLine, RoomRecord } from '../storage/contract.ts';
import { customerRows, wholes } from './customers.ts';
import { chatRows } from './rows.ts';

/** Of the last message. */
const longestSaid = 120;

/** Whose file or conversation the room is, and which rooms that customer has; null for every other room. */
export function customerOfRoom(
  room: RoomId,
): { readonly id: string; readonly rooms: readonly RoomId[] } | null {
  const name = parseRoom(room);
  if (!name) return null;
  const isChat = name.kind === 'chat' && isCustomerChat(name.id);
  if (!isChat && name.kind !== 'customer') return null;
  const id = isChat ? name.id.slice(customerChatId('').length) : name.id;
  const chat = roomId(name.workspace, 'chat', customerChatId(id));
  return { id, rooms: [roomId(name.workspace, 'customer', id), chat, partOf(chat, 'reads')] };
}

const saidAt = ({ state: { last } }: ChatRow): number => last?.at ?? 0;

export function lineOf({ id, room, state, chats, waitsSince, at, pending }: CustomerRow): CustomerLine {
  const said = chats.reduce<ChatRow | null>((a, b) => (a && saidAt(a) >= saidAt(b) ? a : b), null);
  return {
    id,
    room,
    name: state.name,
    phone: state.phone,
    mail: state.mail,
    company: state.company,
    fields: state.fields,
    tags: state.tags,
    stage: state.stage,
    owner: state.owner,
    helpers: state.helpers,
    source: state.source,
    since: state.begun?.at ?? at,
    next: state.next && { at: state.next.at, text: state.next.text },
    ended: state.ended !== null,
    waitsSince,
    unread: chats.reduce((sum, { unread }) => sum + unread, 0),
    said: said?.state.last?.text.slice(0, longestSaid) ?? '',
    at,
    pending,
  };
}

/** Lines of rows, each made once. */
export class Lines {
  readonly #made = new WeakMap<CustomerRow, CustomerLine>();

  of(rows: readonly CustomerRow[]): CustomerLine[] {
    return rows.map((row) => {
      const known = this.#made.get(row);
      if (known) return known;
      const line = lineOf(row);
      this.#made.set(row, line);
      return line;
    });
  }
}

/** What lists show of the customers whose rooms these are, as the relay has it. */
export function linesOf(records: readonly RoomRecord[], me: MemberId): CustomerLine[] {
  const byRoom = new Map(records.map((record) => [record.room, record] as const));
  const none = new Map<RoomId, never>();
  const chats = new Map<string, ChatRow>();
  for (const chat of chatRows(me).from(byRoom, none)) chats.set(chat.id, chat);
  const rows = customerRows(me, (id) => chats.get(id) ?? null).from(byRoom, none);
  return wholes(rows).map(lineOf);
}

const keys = [
  'id',
  'room',
  'name',
  'phone',
  'mail',
  'company',
  'fields',
  'tags',
  'stage',
  'owner',
  'helpers',
  'source',
  'since',
  'next',
  'ended',
  'waitsSince',
  'unread',
  'said',
  'at',
  'pending',
] as const satisfies readonly (keyof CustomerLine)[];

/** With their keys once: half as much to read at every start. */
export const packLines = (lines: readonly CustomerLine[]): unknown => ({
  keys,
  lines: lines.map((line) => keys.map((key) => line[key])),
});

/** Null for what another version packed. */
export function unpackLines(packed: unknown): CustomerLine[] | null {
  const { keys: made, lines } = packed as { keys: readonly string[]; lines: readonly (readonly unknown[])[] };
  if (made.join() !== keys.join()) return null;
  return lines.map((values) => {
    const [id, room, name, phone, mail, company, fields, tags, stage, owner, helpers, source, ...more] =
      values;
    const [since, next, ended, waitsSince, unread, said, at, pending] = more;
    const line = { id, room, name, phone, mail, company, fields, tags, stage, owner, helpers, source };
    return { ...line, since, next, ended, waitsSince, unread, said, at, pending } as CustomerLine;
  });
}
