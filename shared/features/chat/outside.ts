import type * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import {
  revokingRule,
  type CommandRule,
  type Fact,
  type Leading,
  type RevokingRule,
  type RuleContext,
  type Said,
} from '../../access/kind.ts';
import { customerOf, isGuest } from '../../base/guests.ts';
import type { MemberId } from '../../base/ids.ts';
import { fileOf } from './customer.ts';
import {
  chatConsent,
  chatDepart,
  chatDoor,
  chatEnter,
  chatInvite,
  chatPlace,
  mostGuests,
} from './group-schema.ts';
import { changeMembers, letIn } from './group.ts';
import { isAsked, isIn, mayAdd, mayManage, mayTakePart, ownerOf } from './membership.ts';
import { changePlace, groupsOf } from './places.ts';
import type { ChatState, GuestPlace } from './schema.ts';

/*
 * Groups with customers. A guest is asked in their own conversation, which says what they answer; they are in the group from
 * their answer on, and under the name that they give with it. The group says who is asked and who is in it, so each of the two
 * rooms leads the other: the group with what the company decides, the conversation with what the guest does.
 */

/** Groups in which one guest is, or to which they are asked. */
export const mostGroups = 50;

/** What a customer's file says of whom it is about, and who works with them. */
interface FileOfGuest {
  readonly begun: unknown;
  readonly guest: MemberId | null;
  readonly owner: MemberId | null;
  readonly helpers: readonly MemberId[];
  readonly ended: unknown;
  readonly importing?: unknown;
}

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;
type Context = RuleContext<ChatState, ChatState>;
/** Where a guest stands in a group. */
export type Place = GuestPlace['is'];

const asPlace = ({ is, title, by }: z.infer<typeof chatPlace>): GuestPlace => ({ is, title, by });

const invitation = (group: ChatState, guest: MemberId) =>
  isAsked(group, guest) ? group.guests![guest]!.invited : undefined;

export const placeOf = (group: ChatState, guest: MemberId): Place =>
  isIn(group, guest) ? 'in' : isAsked(group, guest) ? 'invited' : 'out';

/** Guests who are in the group. */
export const guestsIn = ({ members }: ChatState): MemberId[] =>
  (Object.keys(members) as MemberId[]).filter(isGuest);
/** Guests who were asked and have not answered. */
export const guestsAsked = ({ guests = {} }: ChatState): MemberId[] =>
  (Object.keys(guests) as MemberId[]).filter((guest) => guests[guest]!.invited);

/** The customer's file, where this person works with them. */
function mayAsk(actor: Actor, guest: MemberId, { stateOf }: Context): Decision {
  const no = refuse('member-not-found', 'not a customer with whom you work');
  if (!isGuest(guest)) return no;
  const customer = customerOf(guest);
  const file = stateOf('customer', customer) as FileOfGuest | null;
  if (!file?.begun || file.guest !== guest || file.ended || file.importing) return no;
  if (file.owner !== actor.member && !file.helpers.includes(actor.member)) return no;
  const own = stateOf('chat', `customer-${customer}`) as ChatState;
  return groupsOf(own).length < mostGroups
    ? allow
    : refuse('too-many', `a customer is in at most ${mostGroups} groups`);
}

const isFull = (state: ChatState, more: number): boolean =>
  guestsIn(state).length + guestsAsked(state).length + more > mostGuests;
const tooMany = refuse('too-many', `a group has at most ${mostGuests} customers`);
const notOutside = refuse('forbidden', 'this group is for members');

const invite: Rule<typeof chatInvite> = {
  schema: chatInvite,
  may(actor, { guests }, context) {
    const { state } = context;
    const add = mayAdd(actor, context);
    if (!add.ok) return add;
    if (!state.outside) return notOutside;
    for (const guest of guests) {
      const ask = mayAsk(actor, guest, context);
      if (!ask.ok) return ask;
    }
    const more = new Set(guests.filter((guest) => placeOf(state, guest) === 'out'));
    return isFull(state, more.size) ? tooMany : allow;
  },
  isDone: (_actor, { guests }, { state }) => guests.every((guest) => placeOf(state, guest) !== 'out'),
};

const door: Rule<typeof chatDoor> = {
  schema: chatDoor,
  may(actor, _data, context) {
    const manage = mayManage(actor, context);
    return !manage.ok || context.state.outside ? manage : notOutside;
  },
};

/** What a guest says in their own conversation of being in a group. */
const answer: Rule<typeof chatConsent> = {
  schema: chatConsent,
  may(actor, { group, accept }, context) {
    const { state, stateOf } = context;
    const part = mayTakePart(actor, state);
    if (!part.ok) return part;
    if (state.guest !== actor.member) return refuse('forbidden', 'only the guest answers');
    const asked = placeOf(stateOf('chat', group) as ChatState, actor.member);
    return accept && asked === 'out' ? refuse('not-found', 'this invitation was taken back') : allow;
  },
  isDone: (_actor, { group, accept }, { state }) =>
    (state.groups?.[group]?.is ?? 'out') === (accept ? 'in' : 'out'),
};

export const outsideCommands = { 'chat.invite': invite, 'chat.door': door, 'chat.consent': answer };

function changeGuest(
  draft: ChatState,
  guest: MemberId,
  name: string | undefined,
  invited?: { by: MemberId; at: number },
) {
  const known = draft.guests?.[guest]?.name ?? '';
  draft.guests = { ...draft.guests, [guest]: { name: name ?? known, ...(invited && { invited }) } };
}

export const outsideFolds = {
  'chat.invite': entryRule<ChatState, z.infer<typeof chatInvite>>(
    chatInvite,
    (draft, { guests }, { by, at }) => {
      if (!draft.outside) return;
      for (const guest of guests)
        if (placeOf(draft, guest) === 'out') changeGuest(draft, guest, undefined, { by, at });
    },
  ),
  'chat.enter': entryRule<ChatState, z.infer<typeof chatEnter>>(
    chatEnter,
    (draft, { guest, name }, entry) => {
      if (!draft.outside) return;
      changeGuest(draft, guest, name);
      letIn(draft, [guest], entry);
    },
  ),
  'chat.depart': entryRule<ChatState, z.infer<typeof chatDepart>>(chatDepart, (draft, { guest }) => {
    if (isAsked(draft, guest)) changeGuest(draft, guest, undefined);
    if (isIn(draft, guest)) delete changeMembers(draft)[guest];
  }),
  'chat.door': entryRule<ChatState, z.infer<typeof chatDoor>>(
    chatDoor,
    (draft, { code, on, until }, { by }) => {
      if (draft.outside) draft.door = { code, on, until, by };
    },
  ),
  'chat.place': entryRule<ChatState, z.infer<typeof chatPlace>>(chatPlace, (draft, data) =>
    changePlace(draft, data.group, asPlace(data)),
  ),
  'chat.consent': entryRule<ChatState, z.infer<typeof chatConsent>>(
    chatConsent,
    (draft, { group, accept, name }) => {
      const place = draft.groups?.[group];
      if (place) changePlace(draft, group, { ...place, is: accept ? 'in' : 'out', ...(accept && { name }) });
    },
  ),
};

export const outsideFacts = {
  'chat.enter': chatEnter,
  'chat.depart': chatDepart,
  'chat.door': chatDoor,
  'chat.place': chatPlace,
};

export const outsideAccessEntries = ['chat.enter', 'chat.depart'] as const;

export const outsideRevoking: Readonly<Record<string, RevokingRule<ChatState>>> = {
  'chat.depart': revokingRule<ChatState, z.infer<typeof chatDepart>>(chatDepart, (data, state) =>
    placeOf(state, data.guest) === 'out' ? null : { type: 'chat.depart', data },
  ),
  'chat.door': revokingRule<ChatState, z.infer<typeof chatDoor>>(chatDoor, (data, { door: now }) =>
    now && (data.code !== now.code || (!data.on && now.on)) ? { type: 'chat.door', data } : null,
  ),
};

/** Guests of whom something is said in a group. */
function guestsOfSaid({ type, data }: Said): readonly MemberId[] {
  const said = data as {
    readonly guests?: readonly MemberId[];
    readonly guest?: MemberId;
    readonly member?: MemberId;
  };
  switch (type) {
    case 'chat.invite':
      return said.guests ?? [];
    case 'chat.enter':
    case 'chat.depart':
      return said.guest ? [said.guest] : [];
    case 'chat.removeMember':
      return said.member && isGuest(said.member) ? [said.member] : [];
    default:
      return [];
  }
}

/** What the guest's own conversation lacks of what a group says. */
function placeLacks(group: ChatState, id: string, own: ChatState): readonly Fact[] {
  if (!own.created || own.guest === undefined || own.ended) return [];
  const is = placeOf(group, own.guest);
  const before = own.groups?.[id];
  if ((before?.is ?? 'out') === is) return [];
  const by = invitation(group, own.guest)?.by ?? before?.by ?? ownerOf(group) ?? own.guest;
  return [{ type: 'chat.place', data: { group: id, is, title: group.title, by } }];
}

/** What a group lacks of what a guest, or the end of their conversation, says. */
function groupLacks(own: ChatState, id: string, group: ChatState): readonly Fact[] {
  const { guest, groups } = own;
  const place = groups && Object.hasOwn(groups, id) ? groups[id] : undefined;
  if (!group.created || guest === undefined || !place) return [];
  const now = placeOf(group, guest);
  if (place.is === 'in' && now === 'invited')
    return [{ type: 'chat.enter', data: { guest, name: place.name ?? '' } }];
  return place.is === 'out' && now !== 'out' ? [{ type: 'chat.depart', data: { guest } }] : [];
}

export const leadsGuests: Leading<ChatState> = {
  followers({ id }, state, said) {
    if (!fileOf({ id }))
      return said && state.outside
        ? guestsOfSaid(said).map((guest) => ({ kind: 'chat', id: `customer-${customerOf(guest)}` }))
        : [];
    const { groups = {} } = state;
    const answered = (said?.data as { readonly group?: string } | undefined)?.group;
    if (said)
      return said.type === 'chat.consent' && answered !== undefined ? [{ kind: 'chat', id: answered }] : [];
    return Object.keys(groups).map((group) => ({ kind: 'chat', id: group }));
  },
  lacks: (state, { id }, follower, name) =>
    fileOf(name)
      ? placeLacks(state, id, follower as ChatState)
      : groupLacks(state, name.id, follower as ChatState),
};

/** Whether a guest who has the code of a group's door may come in by it; who was taken out is asked by a member. */
export function mayEnter(state: ChatState, code: string, guest: MemberId | null, at: number): Decision {
  const { door: now } = state;
  if (!state.created || !state.outside || state.dissolved || now?.code !== code || !now.on)
    return refuse('link-invalid', 'no such link');
  if (now.until !== null && at >= now.until) return refuse('link-invalid', 'no such link');
  if (guest !== null && state.takenOut && Object.hasOwn(state.takenOut, guest))
    return refuse('forbidden', 'taken out of this group');
  const has = guest !== null && placeOf(state, guest) !== 'out';
  return !has && isFull(state, 1) ? tooMany : allow;
}

/** What stands in the address of a group's door. */
export const doorAddress = (group: string, code: string): string => `${group}~${code}`;
/** The group and the secret that such an address names; null for one of another kind. */
export function readDoor(address: string): { readonly group: string; readonly code: string } | null {
  const found = /^([A-Za-z0-9_-]{1,40})~([A-Za-z0-9]{16,22})$/.exec(address);
  return found && { group: found[1]!, code: found[2]! };
}
