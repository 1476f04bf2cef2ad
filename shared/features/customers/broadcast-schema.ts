import * as z from 'zod/mini';
import type { CustomerId, MemberId } from '../../base/ids.ts';
import { linkCard, messageFiles, type LinkCard, type MessageFile } from '../chat/schema.ts';
import { memberId } from '../directory/schema.ts';
import { officeHours, type OfficeHours } from './settings-schema.ts';
import { line, moment } from './words.ts';

/** Bounds of a message to many customers. */
export const mostBroadcast = {
  customers: 20_000,
  /** Customers that one command names. */
  atOnce: 500,
  text: 4_000,
  files: 9,
} as const;

/**
 * What became of one customer, as one letter in a long line of them. Sent; or not, since: the customer was ended, wants no
 * such messages, has had enough of them, is not the maker's to write to, has no conversation yet, their owner declined,
 * has changed hands meanwhile, or a room could not be read.
 */
export const outcomes = {
  s: 'sent',
  e: 'ended',
  q: 'quiet',
  c: 'enough',
  f: 'foreign',
  a: 'absent',
  d: 'declined',
  m: 'moved',
  b: 'broken',
} as const;
export type Letter = keyof typeof outcomes;
export type Outcome = (typeof outcomes)[Letter];
/** In the line of letters: nothing yet. */
export const waiting = '.';

/** Customers have ids as `newId` makes them; an own room may not be named so that messages could not be. */
export const ownIdPattern = /^[A-Za-z0-9_-]{1,24}$/;
const customerId = z.string().check(z.regex(ownIdPattern)) as unknown as z.ZodMiniType<
  CustomerId,
  CustomerId
>;
const customers = z.array(customerId).check(z.minLength(1), z.maxLength(mostBroadcast.atOnce));

export const broadcastBegin = z.object({
  /** For those who make it; customers do not see it. */
  name: line(60),
});
/** All of what is to be said; `{name}`, `{company}` and `{person}` are replaced. */
export const broadcastWords = z
  .object({
    text: z.string().check(z.maxLength(mostBroadcast.text)),
    /** What stands for the name of who told none. */
    nameless: line(30),
    files: z.optional(messageFiles.check(z.maxLength(mostBroadcast.files))),
    /** Its link is to stay without a card. */
    noCard: z.optional(z.literal(true)),
  })
  .check(z.refine(({ text, files }) => /\S/.test(text) || files !== undefined, { path: ['text'] }));
export const broadcastAdd = z.object({ customers });
export const broadcastClear = z.object({});
export const broadcastSubmit = z.object({
  /** How many customers were named: with fewer, some of it was lost, and nothing goes out. */
  customers: z.number().check(z.int(), z.gte(1), z.lte(mostBroadcast.customers)),
  /** When it begins, milliseconds since 1970; null is at once. */
  from: z.nullable(moment),
  /** When messages go out; null is always. */
  hours: z.nullable(officeHours),
});
/** The owner's word: what goes to their customers goes out, but to these. */
export const broadcastApprove = z.object({
  without: z.array(customerId).check(z.maxLength(mostBroadcast.atOnce)),
});
/** The owner's word: nothing (more) goes to their customers. */
export const broadcastDecline = z.object({});
export const broadcastStop = z.object({});

const count = z.number().check(z.int(), z.nonnegative());
const letter = z.enum(Object.keys(outcomes) as [Letter, ...Letter[]]);
const letters = z.string().check(z.maxLength(mostBroadcast.customers), z.regex(/^[seqcfadmb.]*$/));

// What the relay says. In the room itself what it comes to, in its list what became of whom.
/** Customers of this person are among them: they are told, and may be asked. */
export const broadcastOwner = z.object({ member: memberId });
export const broadcastFound = z.object({
  /** So many customers were looked up. */
  looked: count,
  /** Of these owners, so many each. */
  owners: z.array(z.object({ member: memberId, customers: count })),
  skipped: z.array(z.object({ outcome: letter, customers: count })),
  /** Owners other than the maker have to approve. */
  approval: z.boolean(),
});
export const broadcastSent = z.object({
  /** By the owner's place among the owners. */
  tally: z.array(z.object({ owner: count, outcome: letter, customers: count })),
});
/** What the page that the message links to says of itself; null where that is nothing to be shown. */
export const broadcastCard = z.object({
  link: linkCard.shape.url,
  card: z.nullable(linkCard),
});
/** It was not the maker who stopped it: some of the list was lost, or the maker left the company. */
export const broadcastHalt = z.object({ why: z.enum(['lost', 'left']) });
export const listFound = z.object({
  /** By each one's place among the owners; -1 for who has none that the maker may write for. */
  owners: z.array(z.number().check(z.int(), z.gte(-1))),
  outcomes: letters,
});
/** From that place of the list on. */
export const listSent = z.object({ from: count, outcomes: letters });

export type Counts = Readonly<Partial<Record<Letter, number>>>;

/** What goes to the customers of one person, as whose message it goes. */
export interface OwnerPart {
  readonly member: MemberId;
  readonly customers: number;
  readonly counts: Counts;
  readonly answer: 'approved' | 'declined' | null;
  readonly without: readonly CustomerId[];
}

/** A message to many customers: what it says and how far it is. Who they are is in its list. */
export interface BroadcastState {
  begun: { readonly by: MemberId; readonly at: number } | null;
  name: string;
  text: string;
  nameless: string;
  files: readonly MessageFile[];
  /** Its link goes without a card. */
  noCard?: boolean;
  /** The card of its link; null where there is none, absent before the relay has looked. */
  card?: LinkCard | null;
  submitted: {
    readonly at: number;
    readonly customers: number;
    readonly from: number | null;
    readonly hours: OfficeHours | null;
  } | null;
  approval: boolean;
  /** Customers who were looked up. */
  looked: number;
  owners: readonly OwnerPart[];
  /** Of all of them together. */
  counts: Counts;
  stopped: { readonly by: MemberId; readonly at: number; readonly why: 'asked' | 'lost' | 'left' } | null;
  finishedAt: number | null;
}

/** Who is written to, by place. For the relay alone: owners are told of their own. */
export interface BroadcastListState {
  customers: readonly CustomerId[];
  /** As long as the customers who were looked up. */
  owners: readonly number[];
  /** The same, a letter for each. */
  outcomes: string;
}
