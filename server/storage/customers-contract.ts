import type { LogEntry } from '../../shared/access/kind.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import type { RoomName } from '../../shared/protocol/rooms.ts';

/** An entry that is being stored, and the state of its room after it. */
export interface Said {
  readonly name: RoomName;
  readonly entry: LogEntry;
  readonly state: unknown;
}

/** A table that follows from the logs: written in the transaction of the entries it follows from, in their order. */
export interface Projection {
  told(said: Said): void;
}

/** One customer, as the relay looks for them and counts them. Times are milliseconds since 1970. */
export interface CustomerLine {
  /** Numbers rise in the order in which customers came to this table. */
  readonly n: number;
  readonly id: string;
  readonly begunAt: number;
  /** The customer whom they were merged into; null for who stands by themself. */
  readonly partOf: string | null;
  /** Null while it goes on. */
  readonly endedAt: number | null;
  readonly owner: MemberId | null;
  readonly firstOwner: MemberId | null;
  readonly helpers: readonly MemberId[];
  /** The contact link they came by first, by its id; null when by none. */
  readonly link: string | null;
  readonly source: string;
  /** Null: the first stage. */
  readonly stage: string | null;
  readonly tags: readonly string[];
  readonly name: string;
  readonly phone: string;
  readonly mail: string;
  readonly company: string;
  /** Since when their first message waits that nobody answered; null when none does, or it ended. */
  readonly unansweredSince: number | null;
  readonly lastGuestAt: number | null;
  readonly lastStaffAt: number | null;
  /** When the next follow-up is planned. */
  readonly nextAt: number | null;
  /** When something was said in their file last. */
  readonly changedAt: number;
}

/** All that is given has to hold. */
export interface CustomersQuery {
  readonly ids?: readonly string[];
  readonly numbers?: readonly number[];
  readonly owners?: readonly MemberId[];
  readonly firstOwners?: readonly MemberId[];
  /** Owners or helpers. */
  readonly staff?: readonly MemberId[];
  readonly links?: readonly string[];
  readonly sources?: readonly string[];
  /** Null is who was never moved. */
  readonly stages?: readonly (string | null)[];
  /** One of them at least. */
  readonly tags?: readonly string[];
  /** As `phoneKey` and `mailKey` write them. */
  readonly phone?: string;
  readonly mail?: string;
  readonly isEnded?: boolean;
  /** From a moment on, up to and without another. */
  readonly begun?: readonly [from: number, to: number];
  readonly ended?: readonly [from: number, to: number];
  readonly changed?: readonly [from: number, to: number];
  /** A talk of theirs was going on in that time, and began at most `longestTalk` before. */
  readonly talking?: readonly [from: number, to: number];
  /** Of what is planned next. */
  readonly next?: readonly [from: number, to: number];
  /** Waiting since before that moment. */
  readonly unansweredBefore?: number;
  /** Those too who were merged into another one. */
  readonly withParts?: true;
}

export type CustomersOrder = 'n' | 'changed' | 'begun' | 'unanswered';

/** What is behind it in the order comes next. */
export interface CustomersCursor {
  readonly at: number;
  readonly n: number;
}

/** What figures need of a customer. */
export interface CountedCustomer {
  readonly n: number;
  readonly begunAt: number;
  readonly endedAt: number | null;
  readonly owner: MemberId | null;
  readonly firstOwner: MemberId | null;
  readonly link: string | null;
  readonly source: string;
  readonly stage: string | null;
  readonly unansweredSince: number | null;
  /** Merged into another one. */
  readonly isPart: boolean;
}

/** A talk (`service.ts`) with whose it is: who owned the customer when it was answered first, now while it was not. */
export interface CountedTalk {
  /** The number of the customer. */
  readonly customer: number;
  readonly owner: MemberId | null;
  readonly link: string | null;
  readonly source: string;
  readonly since: number;
  readonly firstAnswerAt: number | null;
  readonly lastAnswerAt: number | null;
  readonly lastGuestAt: number;
}

/** The relay's table of customers. Every method throws `StorageError` when the disk refuses. */
export interface CustomersTable extends Projection {
  line(id: string): CustomerLine | null;
  /** In their order (oldest first), behind the cursor, at most so many. */
  lines(
    query: CustomersQuery,
    order: CustomersOrder,
    after: CustomersCursor | null,
    most: number,
  ): CustomerLine[];
  count(query: CustomersQuery): number;
  /** Numbers of customers of whom something was written since this was asked last, whether it was stored or not. */
  touched(): readonly number[];
  /** One of them as they are counted, with their talks, the oldest first; null who has not begun. */
  countedOne(n: number): { readonly customer: CountedCustomer; readonly talks: CountedTalk[] } | null;
  /** Customers by number, behind this one, at most so many: for a look at all of them in slices. */
  counted(after: number, most: number): CountedCustomer[];
  /** Talks by when they began, behind this one, at most so many. */
  talks(after: CountedTalk | null, most: number): CountedTalk[];
}
