import * as z from 'zod/mini';
import { idPattern, type CommandId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { mostOfCustomer } from './customer-schema.ts';
import { key, line, moment } from './words.ts';

/* Shapes of customers who do not come by a contact link: written by hand, from a table, from another relay; and of two who are one. */

const value = line(500);
const tags = z.array(key).check(z.maxLength(mostOfCustomer.tags));
/** Fixed fields and the company's own, by id. */
const values = z
  .record(key, value)
  .check(z.refine((all) => Object.keys(all).length <= mostOfCustomer.fields, 'too many fields'));
const source = line(60);

/** All that is known of them, in one entry: never half a customer. Whoever says it is the owner. */
export const customerCreate = z
  .object({
    values,
    tags,
    stage: z.optional(key),
    source: z.optional(source),
    /** Programs say whose customer it is; of members everybody has their own. */
    owner: z.optional(memberId),
  })
  .check(
    z.refine(({ values: said }) => Object.values(said).some((each) => /\S/.test(each)), {
      path: ['values'],
      error: 'nothing is known of them',
    }),
  );
/** More of a customer who is here: what is empty is filled, what differs waits beside it. */
export const customerFill = z.object({ values, tags });

/** 130 bits, so that nobody guesses it. The address has the customer's id before it. */
export const inviteCode = z.string().check(z.regex(/^[A-Za-z0-9]{16,22}$/));
/** A link for this customer alone: whoever opens it first is them. */
export const customerInvite = z.object({ code: inviteCode, welcome: line(1_000) });
export const customerUninvite = z.object({ code: inviteCode });
/** The relay's word: somebody opened it. */
export const customerArrive = z.object({
  code: inviteCode,
  guest: memberId,
  name: line(60),
  language: z.enum(['en', 'zh']),
  consentAt: moment,
});

const said = z.object({ field: key, value, by: memberId, at: moment });
/** What the other file said at that moment; from the relay. */
export const broughtOver = z.object({
  values: z.array(said).check(z.maxLength(1_000)),
  tags,
  staff: z.array(memberId).check(z.maxLength(mostOfCustomer.helpers + 1)),
  stage: z.nullable(key),
  next: z.nullable(z.object({ at: moment, text: line(160) })),
});
export type BroughtOver = z.infer<typeof broughtOver>;
export const customerMerge = z.object({ other: key, brought: z.optional(broughtOver) });
export const customerSplit = z.object({ other: key });
/** However much the two look alike, they are not one; or that was a mistake. */
export const customerDiffer = z.object({ other: key, on: z.boolean() });
/** The relay's word in the other file: whose part it is from now on, and who works with it. */
export const customerFollow = z.object({
  into: z.nullable(key),
  owner: z.nullable(memberId),
  helpers: z.array(memberId).check(z.maxLength(mostOfCustomer.helpers)),
});

/**
 * An entry that a file had elsewhere, as whoever imports it says; it stands at the same place here. Nobody has signed it
 * but them.
 */
export const customerImport = z.object({
  /** Its place, from 0: nothing is imported twice, and nothing left out. */
  n: z.number().check(z.int(), z.nonnegative()),
  id: z.string().check(z.regex(idPattern)) as unknown as z.ZodMiniType<CommandId, CommandId>,
  type: z.string().check(z.regex(/^customer\.[A-Za-z]{1,40}$/)),
  by: memberId,
  at: moment,
  data: z.record(z.string(), z.unknown()),
  /** What its author is called who is nobody here. */
  name: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(100))),
});
export type CustomerImport = z.infer<typeof customerImport>;
export const customerImported = z.object({});
