import * as z from 'zod/mini';
import type { EntryTarget } from '../../access/kind.ts';
import { idPattern, type CommandId, type MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { key, line, moment, words } from './words.ts';

/** Bounds of the file of one customer. */
export const mostOfCustomer = {
  tags: 100,
  helpers: 20,
  fields: 50,
  /** Values of one field that wait for somebody to decide. */
  conflicting: 5,
  /** The same where values of another file or a table stand beside them. */
  brought: 12,
  /** Links they came by after the first. */
  came: 20,
  /** Customers that were merged into one. */
  merged: 10,
  /** Customers that were one, and are not any more, as far as that is remembered. */
  apart: 20,
  /** Customers who look like this one and are somebody else. */
  differs: 100,
} as const;

/** Longest name that a guest says of themselves. */
export const longestGuestName = 60;
/** Longest preview of a note or follow-up that the state keeps. */
const longestPreview = 160;
export const inShort = (text: string): string => text.slice(0, longestPreview);

const guestName = line(longestGuestName);
const phone = line(40);
const language = z.enum(['en', 'zh']);
const from = z.object({ id: key, name: line(60), source: line(60) });

// What the relay says.
export const customerBegin = z.object({
  link: z.nullable(from),
  guest: memberId,
  owner: memberId,
  name: guestName,
  tags: z.array(key).check(z.maxLength(20)),
  language,
  /** When the guest agreed to the company's text, milliseconds since 1970. */
  consentAt: moment,
});
/** They came again, by another link. */
export const customerCome = z.object({ link: from });
export const customerIntroduce = z.object({ name: z.optional(guestName), phone: z.optional(phone) });
export const customerComplain = z.object({ text: words(2_000) });

// What members say.
/** One of the fixed fields, or the id of a field that the company defined. */
export const fixedFields = ['name', 'phone', 'mail', 'company', 'remark'] as const;
export type FixedField = (typeof fixedFields)[number];
const value = line(500);
export const customerSet = z.object({
  field: key,
  value,
  /** The seq of the entry whose value the writer saw, -1 for none: what they did not see is not overwritten. */
  seen: z.number().check(z.int(), z.gte(-1)),
});
/** Of the values that wait: this one. */
export const customerSettle = z.object({ field: key, value });
export const customerTag = z.object({
  add: z.array(key).check(z.maxLength(mostOfCustomer.tags)),
  remove: z.array(key).check(z.maxLength(mostOfCustomer.tags)),
});
export const customerStage = z.object({ stage: key });
export const customerAssign = z.object({ owner: memberId });
/** As the relay says it of a handover: with those who help from then on. */
export const customerAssigned = z.object({
  owner: memberId,
  helpers: z.optional(z.array(memberId)),
  handover: z.optional(z.object({ id: key, undo: z.optional(z.literal(true)) })),
});
export const customerHelp = z.object({
  add: z.array(memberId).check(z.maxLength(mostOfCustomer.helpers)),
  remove: z.array(memberId).check(z.maxLength(mostOfCustomer.helpers)),
});

const target = z.object({
  seq: z.number().check(z.int(), z.nonnegative()),
  id: z.string().check(z.regex(idPattern)) as unknown as z.ZodMiniType<CommandId, CommandId>,
});
const noteText = words(5_000);
export const customerNote = z.object({ text: noteText });
export const customerEditNote = z.object({ target, text: noteText });
export const customerDropNote = z.object({ target });
export const customerFollowUp = z.object({
  text: words(2_000),
  how: z.enum(['chat', 'call', 'visit', 'other']),
  /** When to follow up again; null leaves what is planned. */
  next: z.nullable(moment),
});
/** The follow-up that was planned in that entry is done, or not wanted any more. */
export const customerDone = z.object({ target });
/** No messages to many go to this customer any more, or they do again. */
export const customerQuiet = z.object({ on: z.boolean() });
/** Somebody set above the owner read the file and the conversation, which the relay showed them. */
export const customerLooked = z.object({});
export const customerEnd = z.object({});
export const customerReopen = z.object({});

/** Which entry a value comes from. */
export interface SaidBy {
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
}

export interface Conflicting {
  readonly value: string;
  readonly by: MemberId;
  readonly at: number;
  /** The customer whose value it was before they were merged. */
  readonly from?: string;
}

/** A customer who was merged into this one: since when, and what this file has from theirs. */
export interface Merged {
  readonly by: MemberId;
  readonly at: number;
  readonly seq: number;
  readonly tags: readonly string[];
  readonly helpers: readonly MemberId[];
  readonly stage: string | null;
}

/** What was done about a customer who waits since then, and when. */
export interface Waited {
  readonly since: number;
  readonly at: number;
  /** Who had them meanwhile, the first first. */
  readonly tried: readonly MemberId[];
}

/** The file of one customer. */
export interface CustomerState {
  begun: { readonly by: MemberId; readonly at: number } | null;
  guest: MemberId | null;
  /** The link they came by first. */
  link: { readonly id: string; readonly name: string } | null;
  source: string;
  /** Other links they came by later, the last at the end. */
  came: readonly {
    readonly id: string;
    readonly name: string;
    readonly source: string;
    readonly at: number;
  }[];
  language: 'en' | 'zh';
  consentAt: number | null;
  /** The guest sees it; what is only for the company is in the remark. */
  name: string;
  phone: string;
  mail: string;
  company: string;
  remark: string;
  /** Of the company's own fields, by id. */
  fields: Readonly<Record<string, string>>;
  /** By field, fixed ones and own ones: where its value comes from; absent while nobody said. */
  said: Readonly<Record<string, SaidBy>>;
  /** Values of people who had not seen each other's, the one that stands first, until somebody settles it. */
  conflicts: Readonly<Record<string, readonly Conflicting[]>>;
  tags: readonly string[];
  /** Null: the first of the company's stages. */
  stage: string | null;
  owner: MemberId | null;
  helpers: readonly MemberId[];
  /** The handover by which the owner came to be who they are; absent where it was none, or is undone. */
  handed?: { readonly id: string };
  /** What was done when nobody answered them for too long; absent while that never was. */
  waited?: Waited;
  lastNote: (EntryTarget & { readonly by: MemberId; readonly at: number; readonly text: string }) | null;
  followUps: number;
  lastFollowUp:
    | (EntryTarget & {
        readonly by: MemberId;
        readonly at: number;
        readonly how: z.infer<typeof customerFollowUp>['how'];
        readonly text: string;
      })
    | null;
  /** What is planned next; `at` is when. The owner is reminded. */
  next: (EntryTarget & { readonly by: MemberId; readonly at: number; readonly text: string }) | null;
  complaints: number;
  /** Who said that no messages to many go to them any more; absent and null while nobody did. */
  quiet?: { readonly by: MemberId; readonly at: number } | null;
  ended: { readonly by: MemberId; readonly at: number } | null;
  /** Sessions of the guest that began before are over, also after it was opened again. */
  sessionsFrom: number;
  /** The link for this customer alone, while nobody has opened it. */
  invite?: { readonly code: string; readonly welcome: string; readonly by: MemberId; readonly at: number };
  /** The customer of whom this file is a part: who works with them works with this one. */
  into?: string;
  /** Customers that are a part of this one, by id. */
  merged?: Readonly<Record<string, Merged>>;
  /** And those that were, the last at the end. */
  apart?: readonly string[];
  /** Customers of whom somebody said that they are not this one. */
  differs?: readonly string[];
  /** Somebody brings the file from elsewhere, and nobody else reads it before all of it is here. */
  importing?: { readonly by: MemberId; readonly count: number };
  /** Who brought the file from elsewhere, and when. */
  imported?: { readonly by: MemberId; readonly at: number };
}
