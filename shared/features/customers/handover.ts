import type * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind, RuleContext } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import type { DirectoryState } from '../directory/schema.ts';
import { handoverJob } from './handover-job.ts';
import {
  handoverBegin,
  handoverBegun,
  handoverFound,
  handoverLinks,
  handoverMoved,
  handoverUndo,
  handoverUndone,
  mostOfHandover as most,
  undoUntil,
  type HandoverBegun,
  type HandoverState,
} from './handover-schema.ts';
import { leadersOf, mayLead } from './line.ts';
import type { SettingsState } from './settings-schema.ts';

/** Ids of messages begin with those of handovers. */
const longestId = 32;

type Context = RuleContext<HandoverState, HandoverState>;

const directoryOf = ({ stateOf }: Context): DirectoryState => stateOf('directory', 'main') as DirectoryState;
const settingsOf = ({ stateOf }: Context): SettingsState => stateOf('customers', 'main') as SettingsState;

const isOver = ({ isFound, done, customers }: HandoverState): boolean => isFound && done >= customers.length;

const fold = makeFold<HandoverState>((state) => ({ ...state }), {
  'handover.begin': entryRule(handoverBegun, (draft, data, { by, at }) => {
    if (draft.begun) return;
    draft.begun = { by, at };
    draft.from = data.from;
    draft.to = data.to.members;
    draft.rule = data.to.rule;
    draft.words = data.words;
    draft.keep = data.keep;
    draft.leaders = data.leaders ?? [];
    draft.isAll = data.customers === null;
    draft.withLinks = data.links ?? false;
    draft.customers = data.customers ?? [];
  }),
  'handover.found': entryRule(handoverFound, (draft, { customers, loads }, { at }) => {
    draft.customers = [...draft.customers, ...customers];
    if (!loads) return;
    draft.loads = loads;
    draft.isFound = true;
    if (isOver(draft)) draft.over ??= at;
  }),
  'handover.links': entryRule(handoverLinks, (draft, { links }) => {
    draft.links = links;
  }),
  'handover.moved': entryRule(handoverMoved, (draft, { moved, left }, { at }) => {
    draft.moved = [...draft.moved, ...moved];
    draft.left = [...draft.left, ...left];
    draft.done += moved.length + left.length;
    if (isOver(draft)) draft.over ??= at;
  }),
  'handover.undo': entryRule(handoverUndo, (draft, _data, { by, at }) => {
    const over = draft.moved.length === 0 && !draft.links?.length ? at : null;
    draft.undo ??= { by, at, done: 0, back: 0, left: [], over };
  }),
  'handover.undone': entryRule(handoverUndone, (draft, { back, left }, { at }) => {
    const { undo } = draft;
    if (!undo) return;
    const done = undo.done + back.length + left.length;
    draft.undo = {
      ...{ by: undo.by, at: undo.at, done },
      back: undo.back + back.length,
      left: [...undo.left, ...left],
      over: done >= draft.moved.length ? at : null,
    };
  }),
});

/** Whoever has customers gives them; those of others are given by who is set above them. */
function mayGive(actor: Actor, from: MemberId, context: Context): Decision {
  if (actor.member === from) return allow;
  return mayLead(directoryOf(context), settingsOf(context), actor, from)
    ? allow
    : refuse('forbidden', 'only who is set above somebody hands their customers over');
}

const begin: CommandRule<HandoverState, HandoverState, HandoverBegun> = {
  schema: handoverBegin,
  creates: true,
  may(actor, { from, to, customers, links }, context) {
    if (context.room.id.length > longestId) return refuse('bad-request', 'the id is too long');
    if (context.state.begun) return refuse('already-exists', 'there is a handover of this id');
    const give = mayGive(actor, from, context);
    if (!give.ok) return give;
    if (links && customers !== null) return refuse('bad-request', 'links: they go with all customers');
    if (to.members.includes(from)) return refuse('bad-request', 'to: nobody hands over to themself');
    return to.members.every(context.isActiveMember) ? allow : refuse('member-not-found', 'no such member');
  },
  complete: (data, context) => ({
    ...data,
    leaders: leadersOf(directoryOf(context), settingsOf(context), data.from).slice(0, most.leaders),
  }),
};

const undo: CommandRule<HandoverState, HandoverState, z.infer<typeof handoverUndo>> = {
  schema: handoverUndo,
  may(actor, _data, context) {
    const { begun, from } = context.state;
    if (!begun) return refuse('room-not-found', 'no such handover');
    if (begun.by !== actor.member) {
      const give =
        actor.member === from ? refuse('forbidden', 'somebody else began it') : mayGive(actor, from, context);
      if (!give.ok) return give;
    }
    if (context.at > undoUntil(context.state)) return refuse('too-late', 'it can be undone for a day');
    return context.isActiveMember(from) ? allow : refuse('member-not-found', 'who gave them has left');
  },
  isDone: (_actor, _data, { state }) => state.undo !== null,
};

/** Customers who go from one member to others, one or thousands: who begins it says whom, the relay does it. */
export const handoverKind: LogKind<HandoverState> = {
  class: 'log',
  kind: 'handover',
  part: null,
  governedBy: null,
  initial: {
    begun: null,
    from: '' as MemberId,
    to: [],
    rule: 'turns',
    words: null,
    keep: false,
    leaders: [],
    isAll: false,
    isFound: false,
    customers: [],
    done: 0,
    moved: [],
    left: [],
    loads: {},
    over: null,
    undo: null,
  },
  fold,
  exists: ({ begun }) => begun !== null,
  readers: ({ begun, from, to, leaders }) => (begun ? [...new Set([begun.by, from, ...to, ...leaders])] : []),
  job: handoverJob,
  commands: { 'handover.begin': begin, 'handover.undo': undo },
  facts: {
    'handover.found': handoverFound,
    'handover.links': handoverLinks,
    'handover.moved': handoverMoved,
    'handover.undone': handoverUndone,
  },
  accessEntries: new Set(['handover.begin']),
  // What it did is said, and taken back after a restore, in each customer's own file.
  revoking: {},
  noteworthy: new Set(),
};
