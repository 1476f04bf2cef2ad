import type * as z from 'zod/mini';
import { allow, refuse } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import type { CommandRule, EntryTarget, RuleContext } from '../../access/kind.ts';
import { isGuest } from '../../base/guests.ts';
import { isIn, mayTakePart, mayWrite, readsFrom } from './membership.ts';
import { messageOf } from './messages.ts';
import type { ChatState } from './schema.ts';
import { calm, chatConfirmUrgent, chatUrge, mostUrgent, openUrgent, urgentFor } from './urgent-schema.ts';

type Urge = z.infer<typeof chatUrge>;
type Confirm = z.infer<typeof chatConfirmUrgent>;
type Context = RuleContext<ChatState, ChatState>;

const complete = <Data extends { target: EntryTarget }>(data: Data, context: Context): Data => {
  const entry = context.entry(data.target);
  return entry ? { ...data, target: { seq: entry.seq, id: entry.id } } : data;
};

const urge: CommandRule<ChatState, ChatState, Urge> = {
  schema: chatUrge,
  may(actor, { target, members }, context) {
    const { state } = context;
    const writing = members.length > 0 ? mayWrite(actor, context) : mayTakePart(actor, state);
    if (!writing.ok) return writing;
    const entry = context.entry(target);
    if (entry === null || (entry && !messageOf(entry)))
      return refuse('message-not-found', 'no such message here');
    if (entry && (entry.by !== actor.member || entry.type !== 'chat.send'))
      return refuse('forbidden', 'only its author calls a message urgent');
    for (const member of members)
      if (
        member === actor.member ||
        isGuest(member) ||
        !isIn(state, member) ||
        (entry && readsFrom(state, member) > entry.seq)
      )
        return refuse('member-not-found', 'not somebody else who may read the message');
    const others = openUrgent(state).filter(({ id, by }) => by === actor.member && id !== target.id);
    return members.length === 0 || others.length < mostUrgent
      ? allow
      : refuse('too-many', `${mostUrgent} urgent messages wait to be confirmed`);
  },
  isDone: (_actor, { target, members }, { state }) =>
    members.length === 0 && !(state.urgent ?? []).some(({ id }) => id === target.id),
  complete,
};

const confirm: CommandRule<ChatState, ChatState, Confirm> = {
  schema: chatConfirmUrgent,
  may: (actor, _data, { state }) => mayTakePart(actor, state),
  // Whoever is not asked any more, since it was recalled or confirmed elsewhere, has nothing left to do.
  isDone: (actor, { target }, { state }) =>
    !urgentFor(state, actor.member).some(({ id }) => id === target.id),
  complete,
};

export const urgentCommands = { 'chat.urge': urge, 'chat.confirmUrgent': confirm };

export const urgentFolds = {
  'chat.urge': entryRule<ChatState, Urge>(chatUrge, (draft, { target, members }, { by, at }) => {
    calm(draft, target);
    // What only people who left were asked is forgotten here, so that the list stays short.
    if (members.length > 0) draft.urgent = [...openUrgent(draft), { ...target, by, at, waiting: members }];
  }),
  'chat.confirmUrgent': entryRule<ChatState, Confirm>(
    chatConfirmUrgent,
    (draft, { target: { id } }, { by }) => {
      draft.urgent = (draft.urgent ?? [])
        .map((each) =>
          each.id === id ? { ...each, waiting: each.waiting.filter((member) => member !== by) } : each,
        )
        .filter(({ waiting }) => waiting.length > 0);
    },
  ),
};
