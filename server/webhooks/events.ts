import { createHash } from 'node:crypto';
import type { LogEntry } from '../../shared/access/kind.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { CustomerId } from '../../shared/base/ids.ts';
import type { WebhookEvent } from '../../shared/features/webhooks/schema.ts';

/** Something that happened, as webhooks are told of it. */
export interface Happened {
  readonly type: WebhookEvent;
  /** The id of its entry and where it stands, from which its own follows: the same whenever it is made again. */
  readonly source: string;
  readonly subject: string;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What entries of a customer's file are told as; those that are not here say nothing to other systems. */
const ofFiles: Readonly<Record<string, WebhookEvent>> = {
  'customer.begin': 'customer.created',
  'customer.create': 'customer.created',
  'customer.imported': 'customer.created',
  'customer.set': 'customer.changed',
  'customer.settle': 'customer.changed',
  'customer.fill': 'customer.changed',
  'customer.introduce': 'customer.changed',
  'customer.arrive': 'customer.changed',
  'customer.help': 'customer.changed',
  'customer.unanswered': 'customer.changed',
  'customer.note': 'customer.changed',
  'customer.quiet': 'customer.changed',
  'customer.reopen': 'customer.changed',
  'customer.merge': 'customer.changed',
  'customer.split': 'customer.changed',
  'customer.follow': 'customer.changed',
  'customer.tag': 'tag.changed',
  'customer.stage': 'stage.changed',
  'customer.assign': 'customer.handed-over',
  'customer.end': 'customer.ended',
  'customer.followUp': 'follow-up.added',
  'customer.done': 'follow-up.done',
};

export const eventOfFile = ({ type }: Pick<LogEntry, 'type'>): WebhookEvent | null =>
  Object.hasOwn(ofFiles, type) ? ofFiles[type]! : null;

export const eventOfMessage = ({ type, by }: Pick<LogEntry, 'type' | 'by'>): WebhookEvent | null =>
  type !== 'chat.send' ? null : isGuest(by) ? 'message.received' : 'message.sent';

/** What a receiver knows a message by. */
export const messageId = (webhook: string, { type, source }: Pick<Happened, 'type' | 'source'>): string =>
  `msg_${createHash('sha256').update(`${webhook} ${type} ${source}`).digest('hex').slice(0, 40)}`;

/** A follow-up whose time has come. */
export const followUpDue = (
  customer: CustomerId,
  next: { readonly id: string; readonly at: number; readonly text: string },
  at = next.at,
): Happened => ({
  type: 'follow-up.due',
  source: `${customer} ${next.id}`,
  subject: customer,
  at,
  data: { customer, followUp: { id: next.id, at: next.at, text: next.text } },
});

/** As it goes out: what the Standard Webhooks specification calls a payload. */
export const bodyOf = ({ type, at, data }: Pick<Happened, 'type' | 'at' | 'data'>): string =>
  JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
