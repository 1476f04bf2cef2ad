import type * as z from 'zod/mini';
import { allow, refuse } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import { revokingRule, type CommandRule, type Fact } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { inShort, mostOfCustomer as most, type CustomerState } from './customer-schema.ts';
import {
  customerDiffer,
  customerFollow,
  customerMerge,
  customerSplit,
  type BroughtOver,
} from './exchange-schema.ts';
import { mayLead, mayWork, type Context } from './may.ts';
import { staffOf } from './staff.ts';
import { bring, takeBack, valueOf } from './values.ts';

/*
 * Two files of one customer. The other one stays as it is, with its conversation, and becomes a part of this one: who works
 * with this one works with both. This one gets what the other said where it said nothing, and keeps both where they differ.
 */

type Rule<Schema extends z.ZodMiniType> = CommandRule<CustomerState, CustomerState, z.infer<Schema>>;

const isPart = ({ merged }: Pick<CustomerState, 'merged'>, other: string): boolean =>
  merged !== undefined && Object.hasOwn(merged, other);

const saysOther = ({ differs }: Pick<CustomerState, 'differs'>, other: string): boolean =>
  differs?.includes(other) ?? false;

/** Whether somebody said in either file that the two are not one; files by their customers' ids. */
export const areSaidToDiffer = (
  a: { readonly id: string; readonly state: Pick<CustomerState, 'differs'> },
  b: { readonly id: string; readonly state: Pick<CustomerState, 'differs'> },
): boolean => saysOther(a.state, b.id) || saysOther(b.state, a.id);

/** The other file as far as this device or the relay has it. */
const fileOf = ({ stateOf }: Context, id: string): CustomerState => stateOf('customer', id) as CustomerState;

function broughtFrom(file: CustomerState): BroughtOver {
  const values = Object.entries(file.said).flatMap(([field, { by, at }]) => {
    const standing = { field, value: valueOf(file, field), by, at };
    const waiting = Object.hasOwn(file.conflicts, field) ? file.conflicts[field]! : [];
    const others = waiting.filter(({ value }) => value !== standing.value);
    return [standing, ...others.map((each) => ({ field, value: each.value, by: each.by, at: each.at }))];
  });
  return {
    values: values.filter(({ value }) => value !== ''),
    tags: [...file.tags],
    staff: [...staffOf(file)],
    stage: file.stage,
    next: file.next && { at: file.next.at, text: file.next.text },
  };
}

const merge: Rule<typeof customerMerge> = {
  schema: customerMerge,
  may(actor, { other }, context) {
    const lead = mayLead(actor, context);
    const { state } = context;
    if (!lead.ok || isPart(state, other)) return lead;
    if (other === context.room.id) return refuse('bad-request', 'other: a customer is not two');
    const file = fileOf(context, other);
    // Whoever does not read it does not learn whether it is there.
    if (!staffOf(file).includes(actor.member)) return refuse('room-not-found', 'no such customer');
    const leadsOther = mayLead(actor, { ...context, state: file });
    if (!leadsOther.ok) return leadsOther;
    if (Object.keys(file.merged ?? {}).length > 0)
      return refuse('customer-merged', 'others were merged into that one');
    const helpers = new Set([...state.helpers, ...staffOf(file)].filter((each) => each !== state.owner));
    const tags = new Set([...state.tags, ...file.tags]);
    const isTooMuch =
      helpers.size > most.helpers ||
      tags.size > most.tags ||
      Object.keys(state.merged ?? {}).length >= most.merged;
    return isTooMuch ? refuse('too-many', 'the two are too much for one customer') : allow;
  },
  isDone: (_actor, { other }, { state }) => isPart(state, other),
  complete: ({ other }, context) => ({ other, brought: broughtFrom(fileOf(context, other)) }),
};

const split: Rule<typeof customerSplit> = {
  schema: customerSplit,
  may: (actor, _data, context) => mayLead(actor, context),
  isDone: (_actor, { other }, { state }) => !isPart(state, other),
};

/** It is kept in one of both files, and counts for everybody who reads that one. */
const differ: Rule<typeof customerDiffer> = {
  schema: customerDiffer,
  may(actor, { other, on }, context) {
    const work = mayWork(context);
    const { state, room } = context;
    // Taking it back needs nothing but the file that says it.
    if (!work.ok || !on || saysOther(state, other)) return work;
    if (other === room.id) return refuse('bad-request', 'other: a customer is not two');
    if (!staffOf(fileOf(context, other)).includes(actor.member))
      return refuse('room-not-found', 'no such customer');
    return (state.differs ?? []).length >= most.differs
      ? refuse('too-many', `at most ${most.differs} customers are said to be others than one`)
      : allow;
  },
  isDone: (_actor, { other, on }, { state }) => on === saysOther(state, other),
};

export const mergeCommands = {
  'customer.merge': merge,
  'customer.split': split,
  'customer.differ': differ,
};
export const mergeFacts = { 'customer.follow': customerFollow };

export const mergeFolds = {
  'customer.merge': entryRule<CustomerState, z.infer<typeof customerMerge>>(
    customerMerge,
    (draft, { other, brought }, entry) => {
      if (!brought || isPart(draft, other)) return;
      const { seq, id, by, at } = entry;
      for (const { field, ...said } of brought.values) bring(draft, field, { ...said, from: other }, entry);
      const tags = brought.tags.filter((tag) => !draft.tags.includes(tag));
      const helpers = brought.staff.filter(
        (member) => member !== draft.owner && !draft.helpers.includes(member),
      );
      const stage = draft.stage === null ? brought.stage : null;
      draft.tags = [...draft.tags, ...tags].slice(0, most.tags);
      draft.helpers = [...draft.helpers, ...helpers].slice(0, most.helpers);
      draft.stage ??= brought.stage;
      if (brought.next) {
        // Two plans become one, for the earlier of both days.
        const own = draft.next;
        const text = own ? inShort(`${own.text}\n${brought.next.text}`) : brought.next.text;
        const due = own ? Math.min(own.at, brought.next.at) : brought.next.at;
        draft.next = { seq, id, by: own?.by ?? by, at: due, text };
      }
      draft.merged = { ...draft.merged, [other]: { by, at, seq, tags, helpers, stage } };
      if (draft.apart) draft.apart = draft.apart.filter((each) => each !== other);
      if (draft.differs) draft.differs = draft.differs.filter((each) => each !== other);
    },
  ),
  'customer.split': entryRule<CustomerState, z.infer<typeof customerSplit>>(
    customerSplit,
    (draft, { other }) => {
      if (!isPart(draft, other)) return;
      const { [other]: part, ...others } = draft.merged!;
      const { seq, tags, helpers, stage } = part!;
      takeBack(draft, other, seq);
      draft.tags = draft.tags.filter((tag) => !tags.includes(tag));
      draft.helpers = draft.helpers.filter((member) => !helpers.includes(member));
      if (stage !== null && draft.stage === stage) draft.stage = null;
      draft.merged = others;
      draft.apart = [...(draft.apart ?? []).filter((each) => each !== other), other].slice(-most.apart);
    },
  ),
  'customer.differ': entryRule<CustomerState, z.infer<typeof customerDiffer>>(
    customerDiffer,
    (draft, { other, on }) => {
      const others = (draft.differs ?? []).filter((each) => each !== other);
      draft.differs = on ? [...others, other].slice(-most.differs) : others;
    },
  ),
  'customer.follow': entryRule<CustomerState, z.infer<typeof customerFollow>>(
    customerFollow,
    (draft, { into, owner, helpers }) => {
      draft.owner = owner;
      draft.helpers = helpers;
      if (into === null) delete draft.into;
      else draft.into = into;
    },
  ),
};

/** Who was taken out of the whole, and so of its part, does not come back to the part because a relay was restored. */
export const mergeRevoking = {
  'customer.follow': revokingRule<CustomerState, z.infer<typeof customerFollow>>(
    customerFollow,
    ({ owner, helpers }, state) => {
      const isOver = (member: MemberId): boolean => member !== owner && !helpers.includes(member);
      if (!state.begun || !staffOf(state).some(isOver)) return null;
      return { type: 'customer.follow', data: { into: state.into ?? null, owner, helpers } };
    },
  ),
};

const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((each, at) => each === b[at]);

/** Files that say what follows from this one. */
export const partsOf = ({ merged, apart }: Pick<CustomerState, 'merged' | 'apart'>): readonly string[] => [
  ...Object.keys(merged ?? {}),
  ...(apart ?? []),
];

/** What the file of a part has to say so that those who work with the whole work with it; `id` is the whole's. */
export function partLacks(
  whole: CustomerState,
  id: string,
  part: CustomerState,
  other: string,
): readonly Fact[] {
  if (!whole.begun || !part.begun || whole.importing || part.importing) return [];
  const { owner, helpers } = whole;
  if (!isPart(whole, other)) {
    // Who worked with both goes on with it, and nobody comes in.
    const stay = { into: null, owner: part.owner, helpers: [...part.helpers] };
    return part.into === id ? [{ type: 'customer.follow', data: stay }] : [];
  }
  const agrees = part.into === id && part.owner === owner && same(part.helpers, helpers);
  return [
    ...(agrees ? [] : [{ type: 'customer.follow', data: { into: id, owner, helpers: [...helpers] } }]),
    ...endLacks(whole, part, whole.merged![other]!.at),
  ];
}

/** What the company ended or opened again since they are one counts for all conversations; what a guest ends is their own. */
function endLacks(whole: CustomerState, part: CustomerState, since: number): readonly Fact[] {
  const isSince = (ended: CustomerState['ended']): boolean => ended !== null && ended.at >= since;
  if (part.ended === null) {
    const isByCompany = isSince(whole.ended) && whole.ended?.by !== whole.guest;
    return isByCompany ? [{ type: 'customer.end', data: {} }] : [];
  }
  const isOver = whole.ended !== null || !isSince(part.ended) || part.ended.by === part.guest;
  return isOver ? [] : [{ type: 'customer.reopen', data: {} }];
}
