import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import {
  revokingRule,
  type CommandRule,
  type EntryTarget,
  type LogEntry,
  type LogKind,
  type RuleContext,
} from '../../access/kind.ts';
import { leadsConversation, staffOf } from './conversation.ts';
import {
  customerAssign,
  customerAssigned,
  customerBegin,
  customerCome,
  customerComplain,
  customerDone,
  customerDropNote,
  customerEditNote,
  customerEnd,
  customerFollowUp,
  customerHelp,
  customerIntroduce,
  customerNote,
  customerQuiet,
  customerReopen,
  customerSet,
  customerSettle,
  customerStage,
  customerTag,
  fixedFields,
  inShort,
  mostOfCustomer as most,
  type CustomerState,
  type FixedField,
} from './customer-schema.ts';

export { customerChatId, staffOf } from './conversation.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<CustomerState, CustomerState, z.infer<Schema>>;
type Context = RuleContext<CustomerState, CustomerState>;
type SetData = z.infer<typeof customerSet>;

const isFixed = (field: string): field is FixedField => (fixedFields as readonly string[]).includes(field);

/** What the file says in a field, empty where it says nothing. */
export const valueOf = (state: CustomerState, field: string): string =>
  isFixed(field) ? state[field] : Object.hasOwn(state.fields, field) ? state.fields[field]! : '';

/** The seq of the entry that a field's value comes from, -1 for none: what a writer has seen. */
export const seenOf = ({ said }: CustomerState, field: string): number =>
  Object.hasOwn(said, field) ? said[field]!.seq : -1;

function put(draft: CustomerState, field: string, value: string, { seq, by, at }: LogEntry): void {
  if (isFixed(field)) draft[field] = value;
  else draft.fields = { ...draft.fields, [field]: value };
  draft.said = { ...draft.said, [field]: { seq, by, at } };
}

/** A value by somebody who had not seen the one that stands: both are kept, and the later stands until it is settled. */
function change(draft: CustomerState, { field, value, seen }: SetData, entry: LogEntry): void {
  const before = Object.hasOwn(draft.said, field) ? draft.said[field]! : null;
  const now = valueOf(draft, field);
  const unseen = before !== null && before.seq !== seen && before.by !== entry.by && now !== value;
  const waiting = Object.hasOwn(draft.conflicts, field) ? draft.conflicts[field]! : [];
  if (unseen || waiting.length > 0) {
    const others = waiting.length > 0 ? waiting : [{ value: now, by: before!.by, at: before!.at }];
    const all = [{ value, by: entry.by, at: entry.at }, ...others.filter((each) => each.value !== value)];
    draft.conflicts = { ...draft.conflicts, [field]: all.slice(0, most.conflicting) };
  }
  put(draft, field, value, entry);
}

function settleField(draft: CustomerState, field: string, value: string, entry: LogEntry): void {
  const { [field]: _, ...others } = draft.conflicts;
  draft.conflicts = others;
  put(draft, field, value, entry);
}

/** What a guest says of themselves stands beside what the company wrote, never in its place. */
function introduce(draft: CustomerState, field: FixedField, value: string, entry: LogEntry): void {
  const before = Object.hasOwn(draft.said, field) ? draft.said[field]! : null;
  const isOwn = before === null || before.by === draft.guest;
  if (value === '') return;
  if (isOwn || draft[field] === value) return put(draft, field, value, entry);
  const waiting = Object.hasOwn(draft.conflicts, field)
    ? draft.conflicts[field]!
    : [{ value: draft[field], by: before.by, at: before.at }];
  const [first, ...others] = waiting.filter((each) => each.by !== draft.guest && each.value !== value);
  const all = [...(first ? [first] : []), { value, by: entry.by, at: entry.at }, ...others];
  draft.conflicts = { ...draft.conflicts, [field]: all.slice(0, most.conflicting) };
}

const isTarget = (each: EntryTarget | null, { id }: EntryTarget): boolean => each?.id === id;

const fold = makeFold<CustomerState>((state) => ({ ...state }), {
  'customer.begin': entryRule(customerBegin, (draft, data, entry) => {
    if (draft.begun) return;
    draft.begun = { by: entry.by, at: entry.at };
    draft.guest = data.guest;
    draft.link = data.link && { id: data.link.id, name: data.link.name };
    draft.source = data.link?.source ?? '';
    draft.language = data.language;
    draft.consentAt = data.consentAt;
    draft.owner = data.owner;
    draft.tags = [...new Set(data.tags)];
    introduce(draft, 'name', data.name, entry);
  }),
  'customer.come': entryRule(customerCome, (draft, { link }, { at }) => {
    draft.came = [...draft.came, { ...link, at }].slice(-most.came);
  }),
  'customer.introduce': entryRule(customerIntroduce, (draft, data, entry) => {
    introduce(draft, 'name', data.name ?? '', entry);
    introduce(draft, 'phone', data.phone ?? '', entry);
  }),
  'customer.complain': entryRule(customerComplain, (draft) => {
    draft.complaints++;
  }),
  'customer.set': entryRule(customerSet, change),
  'customer.settle': entryRule(customerSettle, (draft, { field, value }, entry) =>
    settleField(draft, field, value, entry),
  ),
  'customer.tag': entryRule(customerTag, (draft, { add, remove }) => {
    const kept = draft.tags.filter((tag) => !remove.includes(tag));
    draft.tags = [...new Set([...kept, ...add.filter((tag) => !remove.includes(tag))])].slice(0, most.tags);
  }),
  'customer.stage': entryRule(customerStage, (draft, { stage }) => {
    draft.stage = stage;
  }),
  'customer.assign': entryRule(customerAssigned, (draft, { owner, helpers, handover }) => {
    draft.owner = owner;
    draft.helpers = (helpers ?? draft.helpers).filter((member) => member !== owner);
    if (handover && !handover.undo) draft.handed = { id: handover.id };
    else delete draft.handed;
  }),
  'customer.help': entryRule(customerHelp, (draft, { add, remove }) => {
    const kept = draft.helpers.filter((member) => !remove.includes(member));
    const more = add.filter((member) => member !== draft.owner && !remove.includes(member));
    draft.helpers = [...new Set([...kept, ...more])].slice(0, most.helpers);
  }),
  'customer.note': entryRule(customerNote, (draft, { text }, { seq, id, by, at }) => {
    draft.lastNote = { seq, id, by, at, text: inShort(text) };
  }),
  'customer.editNote': entryRule(customerEditNote, (draft, { target, text }) => {
    if (isTarget(draft.lastNote, target)) draft.lastNote = { ...draft.lastNote!, text: inShort(text) };
  }),
  'customer.dropNote': entryRule(customerDropNote, (draft, { target }) => {
    if (isTarget(draft.lastNote, target)) draft.lastNote = null;
  }),
  'customer.followUp': entryRule(customerFollowUp, (draft, { text, how, next }, { seq, id, by, at }) => {
    const short = inShort(text);
    draft.followUps++;
    draft.lastFollowUp = { seq, id, by, at, how, text: short };
    if (next !== null) draft.next = { seq, id, by, at: next, text: short };
  }),
  'customer.done': entryRule(customerDone, (draft, { target }) => {
    if (isTarget(draft.next, target)) draft.next = null;
  }),
  'customer.quiet': entryRule(customerQuiet, (draft, { on }, { by, at }) => {
    if (!on) draft.quiet = null;
    // What the guest wants stays the guest's word.
    else if (!draft.quiet || by === draft.guest) draft.quiet = { by, at };
  }),
  'customer.end': entryRule(customerEnd, (draft, _data, { by, at }) => {
    draft.ended ??= { by, at };
    draft.sessionsFrom = Math.max(draft.sessionsFrom, at);
  }),
  'customer.reopen': entryRule(customerReopen, (draft) => {
    draft.ended = null;
  }),
});

/** Whoever reads the file works on it. */
const mayWork = ({ state }: Context): Decision =>
  state.begun ? allow : refuse('room-not-found', 'no such customer');

/** The owner, or an administrator who is in it; anybody in it when the owner has left the company. */
function mayLead(actor: Actor, context: Context): Decision {
  const work = mayWork(context);
  const { owner } = context.state;
  if (!work.ok || owner === actor.member || isAdmin(actor)) return work;
  if (owner === null || !context.isActiveMember(owner)) return allow;
  return refuse('forbidden', 'only the owner does that');
}

const set: Rule<typeof customerSet> = {
  schema: customerSet,
  may(_actor, { field }, context) {
    const { fields } = context.state;
    if (!isFixed(field) && !Object.hasOwn(fields, field) && Object.keys(fields).length >= most.fields)
      return refuse('too-many', `a customer has at most ${most.fields} fields`);
    return mayWork(context);
  },
  isDone: (_actor, { field, value }, { state }) =>
    valueOf(state, field) === value && !Object.hasOwn(state.conflicts, field),
};

const settle: Rule<typeof customerSettle> = {
  schema: customerSettle,
  may: (_actor, _data, context) => mayWork(context),
  isDone: (_actor, { field }, { state }) => !Object.hasOwn(state.conflicts, field),
};

const tag: Rule<typeof customerTag> = {
  schema: customerTag,
  may(_actor, { add, remove }, context) {
    const { tags } = context.state;
    const after = new Set([...tags.filter((each) => !remove.includes(each)), ...add]);
    return after.size > most.tags
      ? refuse('too-many', `a customer has at most ${most.tags} tags`)
      : mayWork(context);
  },
  isDone: (_actor, { add, remove }, { state: { tags } }) =>
    add.every((each) => tags.includes(each)) && !remove.some((each) => tags.includes(each)),
};

const stage: Rule<typeof customerStage> = {
  schema: customerStage,
  may: (_actor, _data, context) => mayWork(context),
  isDone: (_actor, data, { state }) => state.stage === data.stage,
};

const assign: Rule<typeof customerAssign> = {
  schema: customerAssign,
  may(actor, { owner }, context) {
    const lead = mayLead(actor, context);
    if (!lead.ok || context.isActiveMember(owner)) return lead;
    return refuse('member-not-found', 'no such member');
  },
  isDone: (_actor, { owner }, { state }) => state.owner === owner,
};

const help: Rule<typeof customerHelp> = {
  schema: customerHelp,
  may(actor, { add, remove }, context) {
    const { helpers } = context.state;
    const isLeaving = add.length === 0 && remove.every((member) => member === actor.member);
    const lead = isLeaving ? mayWork(context) : mayLead(actor, context);
    if (!lead.ok) return lead;
    if (!add.every(context.isActiveMember)) return refuse('member-not-found', 'no such member');
    const after = new Set([...helpers.filter((each) => !remove.includes(each)), ...add]);
    return after.size > most.helpers
      ? refuse('too-many', `a customer has at most ${most.helpers} helpers`)
      : allow;
  },
  isDone: (_actor, { add, remove }, { state: { helpers, owner } }) =>
    add.every((each) => each === owner || helpers.includes(each)) &&
    !remove.some((each) => helpers.includes(each)),
};

const note: Rule<typeof customerNote> = {
  schema: customerNote,
  may: (_actor, _data, context) => mayWork(context),
};

/** On a device the note may be one that is not on the screen: then only the relay can tell. */
function mayChangeNote(actor: Actor, at: EntryTarget, context: Context): Decision {
  const work = mayWork(context);
  const entry = work.ok ? context.entry(at) : undefined;
  if (entry === undefined) return work;
  if (entry?.type !== 'customer.note') return refuse('message-not-found', 'no such note here');
  return entry.by === actor.member ? allow : refuse('forbidden', 'only its author changes a note');
}

const editNote: Rule<typeof customerEditNote> = {
  schema: customerEditNote,
  may: (actor, { target }, context) => mayChangeNote(actor, target, context),
};
const dropNote: Rule<typeof customerDropNote> = {
  schema: customerDropNote,
  may: (actor, { target }, context) => mayChangeNote(actor, target, context),
};

const followUp: Rule<typeof customerFollowUp> = {
  schema: customerFollowUp,
  may: (_actor, _data, context) => mayWork(context),
};
const done: Rule<typeof customerDone> = {
  schema: customerDone,
  may: (_actor, _data, context) => mayWork(context),
  isDone: (_actor, { target }, { state }) => !isTarget(state.next, target),
};

const quiet: Rule<typeof customerQuiet> = {
  schema: customerQuiet,
  may(_actor, { on }, context) {
    const { quiet: now, guest } = context.state;
    if (on || !now || now.by !== guest) return mayWork(context);
    return refuse('forbidden', 'what the guest does not want stays so');
  },
  isDone: (_actor, { on }, { state }) => on === ((state.quiet ?? null) !== null),
};

const end: Rule<typeof customerEnd> = {
  schema: customerEnd,
  may: (actor, _data, context) => mayLead(actor, context),
  isDone: (_actor, _data, { state }) => state.ended !== null,
};
const reopen: Rule<typeof customerReopen> = {
  schema: customerReopen,
  may(actor, _data, context) {
    const lead = mayLead(actor, context);
    const { ended, guest } = context.state;
    if (!lead.ok || ended === null || ended.by !== guest) return lead;
    return refuse('forbidden', 'what the guest ended stays ended');
  },
  isDone: (_actor, _data, { state }) => state.ended === null,
};

/** The file of one customer, for who works with them; never for the guest. Whoever is in it is in the conversation. */
export const customerKind: LogKind<CustomerState> = {
  class: 'log',
  kind: 'customer',
  part: null,
  governedBy: null,
  initial: {
    begun: null,
    guest: null,
    link: null,
    source: '',
    came: [],
    language: 'en',
    consentAt: null,
    name: '',
    phone: '',
    mail: '',
    company: '',
    remark: '',
    fields: {},
    said: {},
    conflicts: {},
    tags: [],
    stage: null,
    owner: null,
    helpers: [],
    lastNote: null,
    followUps: 0,
    lastFollowUp: null,
    next: null,
    complaints: 0,
    ended: null,
    sessionsFrom: 0,
  },
  fold,
  exists: ({ begun }) => begun !== null,
  readers: staffOf,
  leads: leadsConversation,
  commands: {
    'customer.set': set,
    'customer.settle': settle,
    'customer.tag': tag,
    'customer.stage': stage,
    'customer.assign': assign,
    'customer.help': help,
    'customer.note': note,
    'customer.editNote': editNote,
    'customer.dropNote': dropNote,
    'customer.followUp': followUp,
    'customer.done': done,
    'customer.quiet': quiet,
    'customer.end': end,
    'customer.reopen': reopen,
  },
  facts: {
    'customer.begin': customerBegin,
    'customer.come': customerCome,
    'customer.introduce': customerIntroduce,
    'customer.complain': customerComplain,
    'customer.quiet': customerQuiet,
    'customer.end': customerEnd,
    'customer.assign': customerAssigned,
    'customer.help': customerHelp,
  },
  appCommands: {
    'customer.set': 'customers:write',
    'customer.tag': 'customers:write',
    'customer.stage': 'customers:write',
    'customer.assign': 'customers:write',
    'customer.note': 'customers:write',
    'customer.followUp': 'customers:write',
    'customer.done': 'customers:write',
  },
  accessEntries: new Set([
    'customer.begin',
    'customer.assign',
    'customer.help',
    'customer.end',
    'customer.reopen',
  ]),
  revoking: {
    'customer.assign': revokingRule<CustomerState, z.infer<typeof customerAssign>>(
      customerAssign,
      (data, state) => (state.owner === data.owner ? null : { type: 'customer.assign', data }),
    ),
    'customer.help': revokingRule<CustomerState, z.infer<typeof customerHelp>>(
      customerHelp,
      ({ remove }, { helpers }) => {
        const again = remove.filter((member) => helpers.includes(member));
        return again.length > 0 ? { type: 'customer.help', data: { add: [], remove: again } } : null;
      },
    ),
    'customer.quiet': revokingRule<CustomerState, z.infer<typeof customerQuiet>>(
      customerQuiet,
      (data, state) => (data.on && state.begun && !state.quiet ? { type: 'customer.quiet', data } : null),
    ),
    'customer.end': (_entry, { begun, ended }) =>
      begun && !ended ? { type: 'customer.end', data: {} } : null,
  },
  // Who comes back to the company as a helper is let in anew; a customer is never without an owner.
  letGo: ({ helpers }, member) =>
    helpers.includes(member) ? { type: 'customer.help', data: { add: [], remove: [member] } } : null,
  noteworthy: new Set(),
};
