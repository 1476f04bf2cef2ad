import type * as z from 'zod/mini';
import { allow, refuse } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import { revokingRule, type CommandRule, type LogEntry, type RevokingRule } from '../../access/kind.ts';
import { mostOfCustomer as most, type CustomerState } from './customer-schema.ts';
import {
  customerArrive,
  customerCreate,
  customerFill,
  customerInvite,
  customerUninvite,
} from './exchange-schema.ts';
import { mayLead, mayWork } from './may.ts';
import { bring, introduce, put, valueOf } from './values.ts';

/*
 * Customers whom a member wrote down. They have no conversation before they open the link that is for them alone; whoever
 * opens it first is them, and then it is over.
 */

type Rule<Schema extends z.ZodMiniType> = CommandRule<CustomerState, CustomerState, z.infer<Schema>>;

/** The names of a guest and of a conversation are longer than the customer's id, and a link's code as well. */
const longestId = 40;
export const isCustomerId = (id: string): boolean => id.length <= longestId;

/** What stands in the address of a personal link. */
export const inviteAddress = (customer: string, code: string): string => `${customer}-${code}`;
/** The customer and the secret that such an address names; null for one of another kind. */
export function readInvite(address: string): { readonly customer: string; readonly code: string } | null {
  const found = /^([A-Za-z0-9_-]{1,40})-([A-Za-z0-9]{16,22})$/.exec(address);
  return found && { customer: found[1]!, code: found[2]! };
}

/** As it is told to who reads the file and is not of those who work with it: by an open link they could be the customer. */
export function withoutCode(entry: LogEntry): LogEntry {
  const data = entry.data as Readonly<Record<string, unknown>>;
  if (entry.type === 'customer.import') return { ...entry, data: { ...data, data: codeless(data['data']) } };
  return entry.type === 'customer.invite' ? { ...entry, data: codeless(data) } : entry;
}

const codeless = (data: unknown): unknown => {
  const { code: _, ...told } = data as { readonly code?: unknown };
  return told;
};

const create: Rule<typeof customerCreate> = {
  schema: customerCreate,
  creates: true,
  may(actor, { owner }, { room, state, isActiveMember }) {
    if (actor.isGuest) return refuse('forbidden', 'this is for members');
    const of = owner ?? actor.member;
    if (of !== actor.member && !actor.may) return refuse('forbidden', 'owner: whoever writes it down');
    if (!isActiveMember(of)) return refuse('member-not-found', 'no such member');
    if (!isCustomerId(room.id)) return refuse('bad-request', 'the id is too long');
    return state.begun || state.importing ? refuse('already-exists', 'there is such a customer') : allow;
  },
};

const fill: Rule<typeof customerFill> = {
  schema: customerFill,
  may(_actor, { tags }, context) {
    const after = new Set([...context.state.tags, ...tags]);
    return after.size > most.tags
      ? refuse('too-many', `a customer has at most ${most.tags} tags`)
      : mayWork(context);
  },
  isDone: (_actor, { values, tags }, { state }) =>
    Object.entries(values).every(([field, value]) => value === '' || valueOf(state, field) === value) &&
    tags.every((tag) => state.tags.includes(tag)),
};

const invite: Rule<typeof customerInvite> = {
  schema: customerInvite,
  may(actor, { code }, context) {
    const lead = mayLead(actor, context);
    const { invite: open, ended } = context.state;
    if (!lead.ok) return lead;
    if (ended) return refuse('customer-ended', 'the conversation with this customer was ended');
    return open && open.code !== code ? refuse('already-exists', 'another link is open') : allow;
  },
  isDone: (_actor, { code }, { state }) => state.invite?.code === code,
};
const uninvite: Rule<typeof customerUninvite> = {
  schema: customerUninvite,
  may: (_actor, _data, context) => mayWork(context),
  isDone: (_actor, { code }, { state }) => state.invite?.code !== code,
};

export const personalCommands = {
  'customer.create': create,
  'customer.fill': fill,
  'customer.invite': invite,
  'customer.uninvite': uninvite,
};
export const personalFacts = {
  'customer.arrive': customerArrive,
  'customer.uninvite': customerUninvite,
};

export const personalFolds = {
  'customer.create': entryRule<CustomerState, z.infer<typeof customerCreate>>(
    customerCreate,
    (draft, { values, tags, stage, source, owner }, entry) => {
      if (draft.begun) return;
      draft.begun = { by: entry.by, at: entry.at };
      draft.owner = owner ?? entry.by;
      draft.tags = [...new Set(tags)];
      draft.stage = stage ?? null;
      draft.source = source ?? '';
      for (const [field, value] of Object.entries(values)) if (value !== '') put(draft, field, value, entry);
    },
  ),
  'customer.fill': entryRule<CustomerState, z.infer<typeof customerFill>>(
    customerFill,
    (draft, { values, tags }, entry) => {
      const { by, at } = entry;
      for (const [field, value] of Object.entries(values)) bring(draft, field, { value, by, at }, entry);
      draft.tags = [...new Set([...draft.tags, ...tags])].slice(0, most.tags);
    },
  ),
  'customer.invite': entryRule<CustomerState, z.infer<typeof customerInvite>>(
    customerInvite,
    (draft, said, { by, at }) => {
      draft.invite = { ...said, by, at };
    },
  ),
  'customer.uninvite': entryRule<CustomerState, z.infer<typeof customerUninvite>>(
    customerUninvite,
    (draft, { code }) => {
      if (draft.invite?.code === code) delete draft.invite;
    },
  ),
  'customer.arrive': entryRule<CustomerState, z.infer<typeof customerArrive>>(
    customerArrive,
    (draft, { code, guest, name, language, consentAt }, entry) => {
      if (draft.invite?.code === code) delete draft.invite;
      draft.guest = guest;
      draft.language = language;
      draft.consentAt = consentAt;
      introduce(draft, 'name', name, entry);
    },
  ),
};

/** What lets in once must not let in again after a relay was restored. */
const over: RevokingRule<CustomerState> = revokingRule<CustomerState, { readonly code: string }>(
  customerUninvite,
  ({ code }, { invite: open }) =>
    open?.code === code ? { type: 'customer.uninvite', data: { code } } : null,
);
export const personalRevoking = { 'customer.uninvite': over, 'customer.arrive': over };
