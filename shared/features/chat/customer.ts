import { entryRule } from '../../access/fold.ts';
import type { Fact, LogEntry, RevokingRule } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import type { RoomName } from '../../protocol/rooms.ts';
import { chatImported } from './group-schema.ts';
import { changeMembers } from './group.ts';
import { leaveGroups } from './places.ts';
import { chatCustomer, chatGuest, chatSaid, type ChatState } from './schema.ts';

/*
 * The conversation of a guest with those who work with them. Who is in it follows from the customer's file: only the
 * relay makes it, lets in and takes out. What is said in it is like anywhere.
 */

const prefix = 'customer-';

/** Ids of such conversations; nobody may make another one under them. */
export const isCustomerChat = (id: string): boolean => id.startsWith(prefix);

/** The file that the conversation follows; null for every other. */
export const fileOf = ({ id }: Pick<RoomName, 'id'>): Pick<RoomName, 'kind' | 'id'> | null =>
  isCustomerChat(id) ? { kind: 'customer', id: id.slice(prefix.length) } : null;

export const customerFolds = {
  'chat.customer': entryRule<ChatState, ReturnType<typeof chatCustomer.parse>>(
    chatCustomer,
    (draft, { guest, members, name, imports }, entry) => {
      if (draft.created) return;
      draft.created = { by: entry.by, at: entry.at };
      draft.type = 'customer';
      if (imports) draft.imports = { from: 'weft', count: 0, last: '' };
      draft.guest = guest;
      draft.guests = { [guest]: { name } };
      const changed = changeMembers(draft);
      for (const member of [guest, ...members]) changed[member] = { since: entry.seq };
    },
  ),
  'chat.guest': entryRule<ChatState, ReturnType<typeof chatGuest.parse>>(
    chatGuest,
    (draft, { name, ended }, { at }) => {
      const { guest } = draft;
      if (guest === undefined) return;
      draft.guests = { [guest]: { name } };
      if (!ended) delete draft.ended;
      else {
        draft.ended ??= { at };
        leaveGroups(draft);
      }
    },
  ),
};

/** More than there may be within the longest time for which they are counted. */
const mostBroadcasts = 40;

/** The message that is the last one now came to many, if it was one of those. */
export function countBroadcast(draft: ChatState, broadcast: string | undefined): void {
  if (broadcast === undefined) return;
  const { seq, at } = draft.last!;
  draft.broadcasts = [...(draft.broadcasts ?? []), { id: broadcast, seq, at }].slice(-mostBroadcasts);
}

/** What the relay says in somebody's name is no answer to what the guest said before it; a message to many is counted. */
export function noteSaidByRelay(
  draft: ChatState,
  before: ChatState['last'],
  broadcast: string | undefined,
): void {
  const last = draft.last!;
  if (before && (before.by === draft.guest || before.waits) && before.is !== 'recalled')
    draft.last = { ...last, waits: true };
  countBroadcast(draft, broadcast);
}

export const customerFacts = {
  'chat.customer': chatCustomer,
  'chat.guest': chatGuest,
  'chat.imported': chatImported,
  // The company's first words, as the link has them, and what it says to many, by whoever answers.
  'chat.send': chatSaid,
};

/** What takes away again what a restored relay forgot to have taken: the file says the rest. */
export const customerRevoking: Readonly<Record<string, RevokingRule<ChatState>>> = {
  'chat.guest'(entry: LogEntry, state: ChatState): Fact | null {
    const said = chatGuest.safeParse(entry.data);
    const again = said.success && said.data.ended && state.guest !== undefined && !state.ended;
    return again ? { type: 'chat.guest', data: said.data } : null;
  },
};

/** Who of the company is in it. */
export const staffIn = ({ members, guest }: ChatState): MemberId[] =>
  (Object.keys(members) as MemberId[]).filter((member) => member !== guest);
