import * as z from 'zod/mini';
import type { MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { linkTo } from './settings-schema.ts';
import { key, line } from './words.ts';

/** Bounds of one handover. Of everybody that somebody has there may be more than can be named. */
export const mostOfHandover = {
  named: 5_000,
  receivers: 50,
  /** Customers that one entry of the relay names. */
  found: 1_000,
  leaders: 100,
  /** More than one member may have. */
  links: 1_000,
} as const;

/** Milliseconds after its beginning in which a handover can be undone. */
export const undoWithin = 24 * 3_600_000;

const distinct = (ids: readonly string[]): boolean => new Set(ids).size === ids.length;
const customers = z.array(key);

/** `turns`: one after the other; `load`: whoever has fewest customers. Of one person both are the same. */
const to = z.object({
  members: z.array(memberId).check(
    z.minLength(1),
    z.maxLength(mostOfHandover.receivers),
    z.refine((members) => distinct(members), 'one twice'),
  ),
  rule: z.enum(['turns', 'load']),
});

export const handoverBegin = z.object({
  from: memberId,
  /** Null: all of them, also those who are ended. */
  customers: z.nullable(
    customers.check(
      z.minLength(1),
      z.maxLength(mostOfHandover.named),
      z.refine((ids) => distinct(ids), 'one twice'),
    ),
  ),
  to,
  /** What each customer reads; empty is nothing, null the company's words. */
  words: z.nullable(line(1_000)),
  /** Who gives stays as a helper. */
  keep: z.boolean(),
  /** The giver's contact links go along, so that what is printed leads to somebody; only with all customers. */
  links: z.optional(z.literal(true)),
});
export const handoverUndo = z.object({});

/** As it is stored: with those who were set above the giver then, who may see it and undo it. */
export const handoverBegun = z.object({
  ...handoverBegin.shape,
  leaders: z.optional(z.array(memberId).check(z.maxLength(mostOfHandover.leaders))),
});

// What the relay says.
/** Whom the giver has, in portions; how many customers each receiver has, with the last. */
export const handoverFound = z.object({
  customers: customers.check(z.maxLength(mostOfHandover.found)),
  loads: z.optional(z.record(z.string(), z.number())),
});
/**
 * Why a customer stayed where they were: somebody else's by then, changed since (of an undo), of a damaged file, or with
 * nobody there to take them.
 */
const why = z.enum(['not-theirs', 'changed', 'damaged', 'nobody']);
const left = z.object({ customer: key, why });
const moved = z.object({
  customer: key,
  to: memberId,
  /** Whoever took them had helped before. */
  helped: z.optional(z.literal(true)),
  /** To-dos that went along. */
  todos: z.optional(z.array(key)),
});
/** Whom each link led to before. */
export const handoverLinks = z.object({
  links: z.array(z.object({ link: key, before: linkTo })).check(z.maxLength(mostOfHandover.links)),
});
export const handoverMoved = z.object({ moved: z.array(moved), left: z.array(left) });
export const handoverUndone = z.object({ back: z.array(key), left: z.array(left) });

export type HandoverBegin = z.infer<typeof handoverBegin>;
export type HandoverBegun = z.infer<typeof handoverBegun>;
export type Moved = z.infer<typeof moved>;
export type Left = z.infer<typeof left>;
export type MovedLink = z.infer<typeof handoverLinks>['links'][number];

/** A handover and how far it is. Customers are taken in their order. */
export interface HandoverState {
  begun: { readonly by: MemberId; readonly at: number } | null;
  from: MemberId;
  to: readonly MemberId[];
  rule: 'turns' | 'load';
  words: string | null;
  keep: boolean;
  leaders: readonly MemberId[];
  /** Contact links go along; absent in states from before they did. */
  withLinks?: boolean;
  /** Those that went; absent before, and in such states. */
  links?: readonly MovedLink[];
  /** All of the giver's. */
  isAll: boolean;
  /** Whether it is known whom it is about. */
  isFound: boolean;
  customers: readonly string[];
  /** How many of them were taken, with those that stayed. */
  done: number;
  moved: readonly Moved[];
  left: readonly Left[];
  /** How many customers each receiver had before; only where that matters. */
  loads: Readonly<Record<MemberId, number>>;
  over: number | null;
  undo: {
    readonly by: MemberId;
    readonly at: number;
    /** How many of the moved were looked at, the first first. */
    readonly done: number;
    readonly back: number;
    readonly left: readonly Left[];
    readonly over: number | null;
  } | null;
}

/** Milliseconds since 1970 after which it stays as it is. */
export const undoUntil = ({ begun }: Pick<HandoverState, 'begun'>): number => (begun?.at ?? 0) + undoWithin;
