import type { CustomerId, MemberId } from '../../shared/base/ids.ts';
import type { Projection } from './customers-contract.ts';

/** A message to many as one customer got it, and what they did with it. Times are milliseconds since 1970. */
export interface BroadcastLine {
  readonly customer: CustomerId;
  readonly owner: MemberId;
  readonly at: number;
  /** Null while they have not. */
  readonly readAt: number | null;
  /** When they said something within a week of it. */
  readonly answeredAt: number | null;
}

/** The same with what it is chosen by. */
export interface SentLine extends BroadcastLine {
  readonly broadcast: string;
  /** Who has the customer now, and how they came. */
  readonly ownerNow: MemberId | null;
  readonly link: string | null;
  readonly source: string;
}

/** Where a list of them goes on. */
export type SentPlace = Pick<SentLine, 'at' | 'broadcast' | 'customer'>;

/** What became of messages to many, from the conversations. Every method throws `StorageError` when the disk refuses. */
export interface BroadcastsTable extends Projection {
  /** Of all customers, or of those to whom it went as this person's message. */
  results(broadcast: string, owner: MemberId | null): { readonly read: number; readonly answered: number };
  /** Sent from a moment on, up to and without another, the newest first, behind one of them, at most so many. */
  sent(from: number, to: number, before: SentPlace | null, most: number): SentLine[];
  lines(broadcast: string, customers: readonly CustomerId[]): BroadcastLine[];
  /** Who read it, or answered, by id, behind this one. */
  having(
    broadcast: string,
    what: 'read' | 'answered',
    owner: MemberId | null,
    after: string,
    most: number,
  ): BroadcastLine[];
}
