import type * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold, type EntryRule } from '../../access/fold.ts';
import { revokingRule, type CommandRule, type EntryTarget, type LogKind } from '../../access/kind.ts';
import { leadsConversation } from './conversation.ts';
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
  customerLooked,
  customerNote,
  customerQuiet,
  customerReopen,
  customerSet,
  customerSettle,
  customerStage,
  customerTag,
  inShort,
  mostOfCustomer as most,
  type CustomerState,
} from './customer-schema.ts';
import { isDropped, noteErasing, noteRevoking } from './erasing.ts';
import { exchangeCommands, exchangeFolds } from './exchange.ts';
import { customerSplit } from './exchange-schema.ts';
import { mayLead, mayWork, type Context } from './may.ts';
import { customerUnanswered, unansweredFolds, unansweredRevoking } from './unanswered.ts';
import { mergeCommands, mergeFacts, mergeFolds, mergeRevoking } from './merge.ts';
import { personalCommands, personalFacts, personalFolds, personalRevoking } from './personal.ts';
import { staffOf } from './staff.ts';
import { change, introduce, isFixed, settleField, valueOf } from './values.ts';

export { customerChatId } from './conversation.ts';
export { staffOf } from './staff.ts';
export { seenOf, valueOf } from './values.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<CustomerState, CustomerState, z.infer<Schema>>;

const isTarget = (each: EntryTarget | null, { id }: EntryTarget): boolean => each?.id === id;

const rules: Readonly<Record<string, EntryRule<CustomerState>>> = {
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
  ...unansweredFolds,
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
  ...personalFolds,
  ...mergeFolds,
};

const fold = makeFold<CustomerState>((state) => ({ ...state }), { ...rules, ...exchangeFolds(rules) });

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

/** Where the note is now: what was written without a network could only guess. */
function placed<Data extends { readonly target: EntryTarget }>(data: Data, context: Context): Data {
  const entry = context.entry(data.target);
  return entry ? { ...data, target: { seq: entry.seq, id: entry.id } } : data;
}

const editNote: Rule<typeof customerEditNote> = {
  schema: customerEditNote,
  may: (actor, { target }, context) => mayChangeNote(actor, target, context),
  isDone: (_actor, { target }, context) => isDropped(context.entry(target)),
  complete: placed,
};
const dropNote: Rule<typeof customerDropNote> = {
  schema: customerDropNote,
  may: (actor, { target }, context) => mayChangeNote(actor, target, context),
  isDone: (_actor, { target }, context) => isDropped(context.entry(target)),
  complete: placed,
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
  // The file of whom they are a part.
  ledBy: (_room, { into }) => (into === undefined ? null : { kind: 'customer', id: into }),
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
    ...personalCommands,
    ...mergeCommands,
    ...exchangeCommands,
  },
  facts: {
    ...personalFacts,
    ...mergeFacts,
    'customer.split': customerSplit,
    'customer.begin': customerBegin,
    'customer.come': customerCome,
    'customer.introduce': customerIntroduce,
    'customer.complain': customerComplain,
    'customer.looked': customerLooked,
    'customer.quiet': customerQuiet,
    'customer.end': customerEnd,
    'customer.reopen': customerReopen,
    'customer.assign': customerAssigned,
    'customer.unanswered': customerUnanswered,
    'customer.help': customerHelp,
  },
  appCommands: {
    'customer.create': 'customers:write',
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
    'customer.unanswered',
    'customer.help',
    'customer.end',
    'customer.reopen',
    'customer.create',
    'customer.invite',
    'customer.arrive',
    'customer.merge',
    'customer.split',
    'customer.follow',
    'customer.import',
    'customer.imported',
  ]),
  revoking: {
    ...noteRevoking,
    ...unansweredRevoking,
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
    'customer.split': revokingRule<CustomerState, z.infer<typeof customerSplit>>(
      customerSplit,
      (data, { merged }) =>
        merged && Object.hasOwn(merged, data.other) ? { type: 'customer.split', data } : null,
    ),
    ...personalRevoking,
    ...mergeRevoking,
    'customer.end': (_entry, { begun, ended }) =>
      begun && !ended ? { type: 'customer.end', data: {} } : null,
  },
  // Who comes back to the company as a helper is let in anew; a customer is never without an owner.
  letGo: ({ helpers }, member) =>
    helpers.includes(member) ? { type: 'customer.help', data: { add: [], remove: [member] } } : null,
  noteworthy: new Set(),
  erasing: noteErasing,
};
