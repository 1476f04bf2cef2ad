import type { ZodMiniType } from 'zod/mini';
import { allow, refuse, type Decision } from '../../access/actor.ts';
import { entryRule, type EntryRule } from '../../access/fold.ts';
import type { CommandRule, LogEntry, LogKind, RuleContext } from '../../access/kind.ts';
import type { Owned } from './schema.ts';

/** A change of an own room: who makes the first one owns the room, and the rules let only one person do that. */
export const ownEntry = <State extends Owned, Data>(
  schema: ZodMiniType<Data>,
  apply: (draft: State, data: Data, entry: LogEntry) => void,
): EntryRule<State> =>
  entryRule<State, Data>(schema, (draft, data, entry) => {
    draft.owner ??= entry.by;
    apply(draft, data, entry);
  });

/** `more` says what may stand against it beside the room being somebody else's. */
export const ownCommand = <State extends Owned, Data>(
  schema: ZodMiniType<Data>,
  isDone: (data: Data, state: State) => boolean,
  more: (data: Data, state: State) => Decision = () => allow,
): CommandRule<State, State, Data> => ({
  schema,
  // Whichever change comes first makes the room: two devices without a network need not agree on one.
  creates: true,
  may: (actor, data, { room, state }: RuleContext<State>) =>
    room.id === actor.member ? more(data, state) : refuse('forbidden', 'this room belongs to another member'),
  isDone: (_actor, data, { state }) => isDone(data, state),
});

export const full = (what: string): Decision => refuse('too-many', `there are too many ${what}`);

/** A log room of one member: named after them, begun by their first command, read by nobody else. */
export const ownKind = <State extends Owned>(
  part: string | null,
  kind: Pick<LogKind<State>, 'initial' | 'fold' | 'commands'> &
    Partial<Pick<LogKind<State>, 'facts' | 'mayAttach'>>,
): LogKind<State> => ({
  class: 'log',
  kind: 'personal',
  part,
  governedBy: part,
  exists: ({ owner }) => owner !== null,
  readers: ({ owner }) => (owner === null ? [] : [owner]),
  facts: {},
  // Its one reader is known from the first entry on.
  accessEntries: new Set(),
  revoking: {},
  noteworthy: new Set(),
  ...kind,
});
