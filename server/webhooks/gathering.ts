import type { LogEntry } from '../../shared/access/kind.ts';
import type { CustomerId } from '../../shared/base/ids.ts';
import type { BroadcastState } from '../../shared/features/customers/broadcast-schema.ts';
import type { CustomerState } from '../../shared/features/customers/customer-schema.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import type { Relay } from '../relay/contract.ts';
import { eventOfFile, eventOfMessage, followUpDue, type Happened } from './events.ts';

/** How those who read them see entries; the same as where they ask for them. */
export interface HappenedView {
  who(member: LogEntry['by']): unknown;
  message(customer: CustomerId, entry: LogEntry): unknown;
}

const chatPrefix = 'customer-';

/** What an entry takes back, by its id: it is said to nobody any more. */
export const takenBackBy = ({ type, data }: LogEntry): string | null => {
  if (type !== 'chat.recall' && type !== 'customer.dropNote') return null;
  const { target } = data as { readonly target?: { readonly id?: unknown } };
  return typeof target?.id === 'string' ? target.id : null;
};

/** Where an entry stands, in a way that no restore changes. */
export const sourceOf = (room: string, entry: string): string => `${room} ${entry}`;

/** What other systems may want to know of an entry. */
export function happenedIn(
  room: string,
  entry: LogEntry,
  relay: Pick<Relay, 'state'>,
  view: HappenedView,
  /** Follow-ups up to then are looked for no more. */
  lookedUntil: number,
): Happened[] {
  const name = parseRoom(room);
  if (!name || name.part !== null) return [];
  const { id, seq, type, by, at, data } = entry;
  const source = sourceOf(room, id);
  if (name.kind === 'chat') {
    const event = name.id.startsWith(chatPrefix) ? eventOfMessage(entry) : null;
    const customer = name.id.slice(chatPrefix.length) as CustomerId;
    const message = event && view.message(customer, entry);
    return event && message
      ? [{ type: event, source, subject: customer, at, data: { customer, message } }]
      : [];
  }
  if (name.kind === 'broadcast') {
    const {
      finishedAt,
      stopped,
      submitted,
      name: called,
      counts,
    } = relay.state(room as never) as BroadcastState;
    // Of what never went out nobody was told that it began.
    const isStop = /^broadcast\.(stop|halt)$/.test(type) && stopped?.at === at && submitted !== null;
    const isEnd = isStop || (/^broadcast\.(found|sent)$/.test(type) && finishedAt === at);
    const told = { broadcast: name.id, name: called, counts, stopped: stopped?.why ?? null };
    return isEnd ? [{ type: 'broadcast.finished', source: room, subject: name.id, at, data: told }] : [];
  }
  const event = name.kind === 'customer' ? eventOfFile(entry) : null;
  if (!event) return [];
  const customer = name.id as CustomerId;
  const change = { id, seq, type, data };
  const told: Happened = {
    type: event,
    source,
    subject: customer,
    at,
    data: { customer, by: view.who(by), change },
  };
  const { next } = relay.state(room as never) as CustomerState;
  const isLate = event === 'follow-up.added' && next?.id === id && next.at <= lookedUntil;
  return isLate ? [told, followUpDue(customer, next, at)] : [told];
}
