import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, type EntryRule } from '../../access/fold.ts';
import type { CommandRule, LogEntry } from '../../access/kind.ts';
import { guestOf } from '../../base/guests.ts';
import type { CustomerId } from '../../base/ids.ts';
import type { CustomerState } from './customer-schema.ts';
import { customerImport, customerImported, customerMerge, type CustomerImport } from './exchange-schema.ts';
import type { Context } from './may.ts';
import { isCustomerId } from './personal.ts';

/*
 * A file that was kept elsewhere. An administrator brings its entries one after the other, each at the place that it had; they
 * count as they did there, and each says who brought it. Nobody else reads the file before all of them are here.
 */

type Rule<Schema extends z.ZodMiniType> = CommandRule<CustomerState, CustomerState, z.infer<Schema>>;

function mayImport(actor: Actor, { state }: Context): Decision {
  if (!isAdmin(actor)) return refuse('forbidden', 'only administrators import customers');
  if (!state.importing) return refuse('already-exists', 'there is such a customer');
  return state.importing.by === actor.member
    ? allow
    : refuse('forbidden', 'somebody else imports this customer');
}

/** What such an entry says of others: its importer's word alone, so it must not give them what is here already. */
function mayClaim({ member }: Actor, { type, data }: CustomerImport, context: Context): Decision {
  const { room, stateOf } = context;
  const guest = data['guest'];
  if (guest !== undefined && guest !== guestOf(room.id as CustomerId))
    return refuse('bad-request', 'guest: a file is of one customer');
  const merge = type === 'customer.merge' ? customerMerge.safeParse(data) : null;
  if (!merge?.success) return allow;
  const other = stateOf('customer', merge.data.other) as CustomerState;
  const isTheirs = (other.importing ?? other.imported)?.by === member;
  return !other.begun || isTheirs || other.into === room.id
    ? allow
    : refuse('forbidden', 'other: that customer was not brought along');
}

const bringEntry: Rule<typeof customerImport> = {
  schema: customerImport,
  creates: true,
  may(actor, brought, context) {
    const { n, type } = brought;
    const { room, state } = context;
    if (!isCustomerId(room.id)) return refuse('bad-request', 'the id is too long');
    const isFirst = !state.begun && !state.importing;
    if (isFirst && !isAdmin(actor)) return refuse('forbidden', 'only administrators import customers');
    const decision = isFirst ? allow : mayImport(actor, context);
    if (!decision.ok) return decision;
    const next = state.importing?.count ?? 0;
    if (n !== next) return refuse('import-incomplete', `entry ${next} of the import comes next`);
    const begins = type === 'customer.begin' || type === 'customer.create';
    if (isFirst && !begins) return refuse('bad-request', 'type: a file begins with its customer');
    if (type === 'customer.import') return refuse('bad-request', 'type: an import has no imports in it');
    return mayClaim(actor, brought, context);
  },
};

const finish: Rule<typeof customerImported> = {
  schema: customerImported,
  may: (actor, _data, context) => (context.state.imported ? allow : mayImport(actor, context)),
  isDone: (_actor, _data, { state }) => state.imported !== undefined,
};

export const exchangeCommands = { 'customer.import': bringEntry, 'customer.imported': finish };

/** The entry that stood at this place elsewhere; every other one as it is. */
export function original(entry: LogEntry): LogEntry {
  if (entry.type !== 'customer.import') return entry;
  const parsed = customerImport.safeParse(entry.data);
  if (!parsed.success) return entry;
  const { id, type, by, at, data } = parsed.data;
  return { seq: entry.seq, id, type, by, at, data };
}

/** Who is named in an imported entry and is nobody here; null where its author is known by their id. */
export function importedName(entry: LogEntry): string | null {
  const parsed = entry.type === 'customer.import' ? customerImport.safeParse(entry.data) : null;
  return parsed?.success ? (parsed.data.name ?? null) : null;
}

/** `rules` are those of entries that were made here. */
export const exchangeFolds = (rules: Readonly<Record<string, EntryRule<CustomerState>>>) => ({
  'customer.import': entryRule<CustomerState, CustomerImport>(customerImport, (draft, brought, entry) => {
    draft.importing = { by: draft.importing?.by ?? entry.by, count: brought.n + 1 };
    const { seq, id, type, by, at, data } = original(entry);
    const rule = Object.hasOwn(rules, type) ? rules[type] : undefined;
    const parsed = rule?.schema.safeParse(data);
    if (rule && parsed?.success) rule.apply(draft, parsed.data as never, { seq, id, type, by, at, data });
  }),
  'customer.imported': entryRule<CustomerState, z.infer<typeof customerImported>>(
    customerImported,
    (draft, _data, { by, at }) => {
      delete draft.importing;
      draft.imported = { by, at };
    },
  ),
});
