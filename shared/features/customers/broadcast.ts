import type * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind, RuleContext } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { broadcastJob } from './broadcast-job.ts';
import {
  broadcastAdd,
  broadcastApprove,
  broadcastBegin,
  broadcastCard,
  broadcastClear,
  broadcastDecline,
  broadcastFound,
  broadcastHalt,
  broadcastOwner,
  broadcastSent,
  broadcastStop,
  broadcastSubmit,
  broadcastWords,
  listFound,
  listSent,
  mostBroadcast as most,
  ownIdPattern,
  type BroadcastListState,
  type BroadcastState,
  type Counts,
  type Letter,
  type OwnerPart,
} from './broadcast-schema.ts';
import { isOver, linkOf, partOf, sumOf } from './broadcast-state.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<BroadcastState, BroadcastState, z.infer<Schema>>;
type Context = RuleContext<unknown, BroadcastState>;

const more = (counts: Counts, outcome: Letter, customers: number): Counts => ({
  ...counts,
  [outcome]: (counts[outcome] ?? 0) + customers,
});

function finish(draft: BroadcastState, at: number): void {
  const { submitted, finishedAt, looked, counts } = draft;
  if (submitted && finishedAt === null && looked === submitted.customers && sumOf(counts) === looked)
    draft.finishedAt = at;
}

const changed = (
  owners: readonly OwnerPart[],
  member: MemberId,
  change: (part: OwnerPart) => OwnerPart,
): readonly OwnerPart[] => owners.map((part) => (part.member === member ? change(part) : part));

const fold = makeFold<BroadcastState>((state) => ({ ...state }), {
  'broadcast.begin': entryRule(broadcastBegin, (draft, { name }, { by, at }) => {
    draft.begun ??= { by, at };
    draft.name = name;
  }),
  'broadcast.words': entryRule(broadcastWords, (draft, { text, nameless, files, noCard }) => {
    if (draft.submitted) return;
    const link = linkOf(draft);
    draft.text = text;
    draft.nameless = nameless;
    draft.files = files ?? [];
    draft.noCard = noCard ?? false;
    if (linkOf(draft) !== link) delete draft.card;
  }),
  'broadcast.card': entryRule(broadcastCard, (draft, { link, card }) => {
    if (linkOf(draft) === link) draft.card = card;
  }),
  'broadcast.submit': entryRule(broadcastSubmit, (draft, data, { at }) => {
    draft.submitted ??= { at, ...data };
  }),
  'broadcast.owner': entryRule(broadcastOwner, (draft, { member }) => {
    if (!partOf(draft, member))
      draft.owners = [...draft.owners, { member, customers: 0, counts: {}, answer: null, without: [] }];
  }),
  'broadcast.found': entryRule(broadcastFound, (draft, data, { at }) => {
    draft.approval = data.approval;
    draft.looked += data.looked;
    for (const { member, customers } of data.owners)
      draft.owners = changed(draft.owners, member, (part) => ({
        ...part,
        customers: part.customers + customers,
      }));
    for (const { outcome, customers } of data.skipped) draft.counts = more(draft.counts, outcome, customers);
    finish(draft, at);
  }),
  'broadcast.sent': entryRule(broadcastSent, (draft, { tally }, { at }) => {
    const owners = [...draft.owners];
    for (const { owner, outcome, customers } of tally) {
      draft.counts = more(draft.counts, outcome, customers);
      const part = owners[owner];
      if (part) owners[owner] = { ...part, counts: more(part.counts, outcome, customers) };
    }
    draft.owners = owners;
    finish(draft, at);
  }),
  'broadcast.approve': entryRule(broadcastApprove, (draft, { without }, { by }) => {
    draft.owners = changed(draft.owners, by, (part) =>
      part.answer === null ? { ...part, answer: 'approved', without } : part,
    );
  }),
  'broadcast.decline': entryRule(broadcastDecline, (draft, _data, { by }) => {
    draft.owners = changed(draft.owners, by, (part) => ({ ...part, answer: 'declined' }));
  }),
  'broadcast.stop': entryRule(broadcastStop, (draft, _data, { by, at }) => {
    draft.stopped ??= { by, at, why: 'asked' };
  }),
  'broadcast.halt': entryRule(broadcastHalt, (draft, { why }, { by, at }) => {
    draft.stopped ??= { by, at, why };
  }),
});

const mayMake = (actor: Actor, { governing }: Context): Decision =>
  governing.begun === null || governing.begun.by === actor.member
    ? allow
    : refuse('forbidden', 'only who made it changes it');

/** What was submitted stays as it is: owners approved it. */
function mayDraft(actor: Actor, context: Context): Decision {
  const make = mayMake(actor, context);
  if (!make.ok || !context.governing.submitted) return make;
  return refuse('forbidden', 'it was sent off already');
}

const begin: Rule<typeof broadcastBegin> = {
  schema: broadcastBegin,
  creates: true,
  may(actor, _data, context) {
    if (!ownIdPattern.test(context.room.id)) return refuse('bad-request', 'the id is too long');
    return mayDraft(actor, context);
  },
  isDone: (_actor, { name }, { state }) => state.begun !== null && state.name === name,
};
const words: Rule<typeof broadcastWords> = {
  schema: broadcastWords,
  may: (actor, _data, context) => mayDraft(actor, context),
};
const submit: Rule<typeof broadcastSubmit> = {
  schema: broadcastSubmit,
  may(actor, _data, context) {
    const make = mayMake(actor, context);
    const { text, files } = context.state;
    if (!make.ok || /\S/.test(text) || files.length > 0) return make;
    return refuse('bad-request', 'text: nothing to say');
  },
  // Sent off twice, from two devices or by a second click, it goes out once.
  isDone: (_actor, _data, { state }) => state.submitted !== null,
};

function mayAnswer(actor: Actor, { state }: Context & { state: BroadcastState }): Decision {
  if (!partOf(state, actor.member)) return refuse('forbidden', 'none of their customers are in it');
  return allow;
}
const approve: Rule<typeof broadcastApprove> = {
  schema: broadcastApprove,
  may(actor, _data, context) {
    const answer = mayAnswer(actor, context);
    if (!answer.ok || partOf(context.state, actor.member)?.answer !== 'declined') return answer;
    return refuse('forbidden', 'what was declined stays declined');
  },
  isDone: (actor, _data, { state }) => partOf(state, actor.member)?.answer === 'approved',
};
const decline: Rule<typeof broadcastDecline> = {
  schema: broadcastDecline,
  may: (actor, _data, context) => mayAnswer(actor, context),
  isDone: (actor, _data, { state }) => partOf(state, actor.member)?.answer === 'declined',
};
const stop: Rule<typeof broadcastStop> = {
  schema: broadcastStop,
  may: (actor, _data, context) => mayMake(actor, context),
  isDone: (_actor, _data, { state }) => isOver(state),
};

/** A message to many customers, each in their own conversation: for who made it, and as whose messages it goes. */
export const broadcastKind: LogKind<BroadcastState> = {
  class: 'log',
  kind: 'broadcast',
  part: null,
  governedBy: null,
  initial: {
    begun: null,
    name: '',
    text: '',
    nameless: '',
    files: [],
    submitted: null,
    approval: false,
    looked: 0,
    owners: [],
    counts: {},
    stopped: null,
    finishedAt: null,
  },
  fold,
  exists: ({ begun }) => begun !== null,
  readers: ({ begun, owners }) => [...new Set([begun!.by, ...owners.map(({ member }) => member)])],
  commands: {
    'broadcast.begin': begin,
    'broadcast.words': words,
    'broadcast.submit': submit,
    'broadcast.approve': approve,
    'broadcast.decline': decline,
    'broadcast.stop': stop,
  },
  facts: {
    'broadcast.card': broadcastCard,
    'broadcast.owner': broadcastOwner,
    'broadcast.found': broadcastFound,
    'broadcast.sent': broadcastSent,
    'broadcast.halt': broadcastHalt,
    'broadcast.stop': broadcastStop,
    'broadcast.decline': broadcastDecline,
  },
  accessEntries: new Set(['broadcast.begin', 'broadcast.owner']),
  // A relay that forgot that it was to stop would go on.
  revoking: {
    'broadcast.stop': (_entry, state) =>
      state.begun && !isOver(state) ? { type: 'broadcast.stop', data: {} } : null,
    'broadcast.decline': ({ by }, state) =>
      partOf(state, by) && partOf(state, by)!.answer !== 'declined'
        ? { type: 'broadcast.decline', data: {} }
        : null,
  },
  mayAttach: (actor, context) => mayDraft(actor, context),
  job: broadcastJob,
  noteworthy: new Set(),
};

type ListRule<Schema extends z.ZodMiniType> = CommandRule<
  BroadcastListState,
  BroadcastState,
  z.infer<Schema>
>;

/** They have nobody who may read them, so that nobody learns of others' customers. */
const mayList = (actor: Actor, context: Context): Decision =>
  context.governing.begun ? mayDraft(actor, context) : refuse('room-not-found', 'no such message to many');

const add: ListRule<typeof broadcastAdd> = {
  schema: broadcastAdd,
  creates: true,
  may(actor, { customers }, context) {
    const list = mayList(actor, context);
    if (!list.ok || context.state.customers.length + customers.length <= most.customers) return list;
    return refuse('too-many', `a message goes to at most ${most.customers} customers at once`);
  },
};
const clear: ListRule<typeof broadcastClear> = {
  schema: broadcastClear,
  creates: true,
  may: (actor, _data, context) => mayList(actor, context),
  isDone: (_actor, _data, { state }) => state.customers.length === 0,
};

/** Who is written to and what became of each. */
export const broadcastListKind: LogKind<BroadcastListState, BroadcastState> = {
  class: 'log',
  kind: 'broadcast',
  part: 'list',
  governedBy: null,
  initial: { customers: [], owners: [], outcomes: '' },
  fold: makeFold<BroadcastListState>((state) => ({ ...state }), {
    // Nobody is in it twice, however often they were named.
    'broadcast.add': entryRule(broadcastAdd, (draft, { customers }) => {
      draft.customers = [...new Set([...draft.customers, ...customers])];
    }),
    'broadcast.clear': entryRule(broadcastClear, (draft) => {
      draft.customers = [];
    }),
    'list.found': entryRule(listFound, (draft, { owners, outcomes }) => {
      draft.owners = [...draft.owners, ...owners];
      draft.outcomes += outcomes;
    }),
    'list.sent': entryRule(listSent, (draft, { from, outcomes }) => {
      const before = draft.outcomes;
      const now = [...outcomes].map((each, i) => (each === '.' ? before[from + i] : each)).join('');
      draft.outcomes = before.slice(0, from) + now + before.slice(from + outcomes.length);
    }),
  }),
  exists: ({ begun }) => begun !== null,
  readers: () => [],
  commands: { 'broadcast.add': add, 'broadcast.clear': clear },
  facts: { 'list.found': listFound, 'list.sent': listSent },
  accessEntries: new Set(),
  revoking: {},
  noteworthy: new Set(),
};
