import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import type { RuleContext } from '../../access/kind.ts';
import { isGuest } from '../../base/guests.ts';
import type { MemberId } from '../../base/ids.ts';
import type { GroupSettings, Membership } from './group-schema.ts';
import type { ChatState } from './schema.ts';

/** What a member is in a group. The owner and the admins are its managers. */
export type GroupRole = 'owner' | 'admin' | 'member';

/** Whether somebody is still with the company. Without it everybody counts as such. */
type IsActive = (member: MemberId) => boolean;
const everybody: IsActive = () => true;

type Context = RuleContext<unknown, ChatState>;

export const isIn = (state: ChatState, member: MemberId): boolean => Object.hasOwn(state.members, member);

/** A guest who was asked into a group and has not answered. */
export const isAsked = ({ guests = {} }: ChatState, member: MemberId): boolean =>
  Object.hasOwn(guests, member) && guests[member]!.invited !== undefined;

const membership = (state: ChatState, member: MemberId): Membership | undefined =>
  isIn(state, member) ? state.members[member] : undefined;

const defaults: GroupSettings = {
  adds: 'everybody',
  renames: 'everybody',
  writes: 'everybody',
  mentionsAll: 'everybody',
  link: 'asks',
  newcomersRead: 'everything',
};

/** What colleagues said among themselves is not for a customer who comes later. */
const outsideDefaults: GroupSettings = { ...defaults, newcomersRead: 'fromThen' };

/** A group whose settings were never touched has the defaults. */
export const settingsOf = (state: ChatState): GroupSettings => ({
  ...(state.outside ? outsideDefaults : defaults),
  ...state.settings,
});

/** Whoever comes first is the owner when there is nobody who was named. */
function comesBefore(state: ChatState, a: MemberId, b: MemberId): boolean {
  const [one, other] = [state.members[a]!, state.members[b]!];
  if (one.admin !== other.admin) return one.admin === true;
  if (one.since !== other.since) return one.since < other.since;
  const creator = state.created?.by;
  return a === creator || (b !== creator && a < b);
}

/**
 * The owner of a group: who was named last. When nobody was, or they have left the group or the company, it is the admin
 * who has been in the group longest, without admins the member who has; of those who came together the one who made
 * the group, else the one with the smaller id. Never a guest. Null for a direct conversation, and where nobody is left.
 */
export function ownerOf(state: ChatState, isActive: IsActive = everybody): MemberId | null {
  if (state.type !== 'group') return null;
  const named = state.owner ?? state.created?.by;
  const found = named === undefined ? undefined : membership(state, named);
  // Nobody came before whoever made the group, and appointing an admin names the owner.
  const isFirst = named === state.owner || found?.since === 0;
  if (named !== undefined && found && isFirst && isActive(named)) return named;
  let first: MemberId | null = null;
  for (const member of Object.keys(state.members) as MemberId[])
    if (!isGuest(member) && isActive(member) && (first === null || comesBefore(state, member, first)))
      first = member;
  return first;
}

/** Null for somebody who is not in it. */
export function roleIn(state: ChatState, member: MemberId, isActive: IsActive = everybody): GroupRole | null {
  const found = membership(state, member);
  if (!found) return null;
  if (ownerOf(state, isActive) === member) return 'owner';
  return found.admin ? 'admin' : 'member';
}

export const isManager = (state: ChatState, member: MemberId, isActive: IsActive = everybody): boolean =>
  membership(state, member)?.admin === true || roleIn(state, member, isActive) === 'owner';

/** The first entry (its seq) of the conversation that this person may know of; none for somebody who is not in it. */
export const readsFrom = (state: ChatState, member: MemberId): number => {
  const found = membership(state, member);
  return found ? (found.from ?? 0) : Number.MAX_SAFE_INTEGER;
};

/** Members who do not read everything, and the entry that let each of them in. */
export const newcomers = (state: ChatState): { member: MemberId; seq: number }[] =>
  (Object.keys(state.members) as MemberId[]).flatMap((member) => {
    const { from, since } = state.members[member]!;
    return from === undefined ? [] : [{ member, seq: since }];
  });

/** Somebody in it; also when it is over. */
export function mayLook(actor: Actor, state: ChatState): Decision {
  if (!state.created) return refuse('room-not-found', 'no such conversation');
  // An app speaks for the company, to customers.
  if (isIn(state, actor.member) || (actor.may && state.type === 'customer')) return allow;
  return refuse('forbidden', 'not a member of this conversation');
}

/** A group that is made for an import is nobody's to talk in before all of it is there. */
export const isImporting = ({ imports }: ChatState): boolean => imports !== undefined && !imports.done;

function mayHold(actor: Actor, state: ChatState): Decision {
  const look = mayLook(actor, state);
  if (!look.ok || !state.dissolved) return look;
  return refuse('group-dissolved', 'the group was dissolved');
}

export function mayTakePart(actor: Actor, state: ChatState): Decision {
  if (state.ended && mayLook(actor, state).ok)
    return refuse('customer-ended', 'the conversation with this customer was ended');
  const hold = mayHold(actor, state);
  if (!hold.ok || !isImporting(state)) return hold;
  return refuse('import-running', 'the group is being imported');
}

/** Who imports into a group: the administrator who made it for that, until all of it is there. */
export function mayImport(actor: Actor, state: ChatState): Decision {
  const hold = mayHold(actor, state);
  if (!hold.ok) return hold;
  if (!isAdmin(actor) || state.created?.by !== actor.member || !isImporting(state))
    return refuse('forbidden', 'only an administrator imports, into a group made for it');
  return allow;
}

/** What a setting leaves to managers, where it does. */
function mayAsSet(
  actor: Actor,
  setting: 'adds' | 'renames' | 'writes' | 'mentionsAll',
  { governing, isActiveMember }: Context,
): Decision {
  const part = mayTakePart(actor, governing);
  if (!part.ok || governing.type !== 'group' || settingsOf(governing)[setting] === 'everybody') return part;
  if (isManager(governing, actor.member, isActiveMember)) return allow;
  return setting === 'writes'
    ? refuse('group-muted', 'only the owner and admins write here')
    : refuse('forbidden', 'only the owner and admins do that here');
}

/** Who may say something: send, reply, edit. */
export const mayWrite = (actor: Actor, context: Context): Decision => mayAsSet(actor, 'writes', context);

function inGroup(decision: Decision, state: ChatState): Decision {
  if (!decision.ok || state.type === 'group') return decision;
  return refuse('forbidden', 'only a group is managed, named and joined');
}

export const mayRename = (actor: Actor, context: Context): Decision =>
  inGroup(mayAsSet(actor, 'renames', context), context.governing);
export const mayAdd = (actor: Actor, context: Context): Decision =>
  inGroup(mayAsSet(actor, 'adds', context), context.governing);
/** Calls everybody in the group. */
export const mayMentionAll = (actor: Actor, context: Context): Decision =>
  inGroup(mayAsSet(actor, 'mentionsAll', context), context.governing);

export function mayManage(actor: Actor, { governing, isActiveMember }: Context): Decision {
  const part = inGroup(mayTakePart(actor, governing), governing);
  if (!part.ok || isManager(governing, actor.member, isActiveMember)) return part;
  return refuse('forbidden', 'only the owner and admins manage the group');
}

/** Also before everything is imported: a group may be given up. */
export function mayOwn(actor: Actor, { governing, isActiveMember }: Context): Decision {
  const part = inGroup(mayHold(actor, governing), governing);
  if (!part.ok || ownerOf(governing, isActiveMember) === actor.member) return part;
  return refuse('forbidden', 'only the owner does that');
}
