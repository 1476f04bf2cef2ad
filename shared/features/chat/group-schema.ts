import * as z from 'zod/mini';
import { idPattern, type CommandId, type MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';

/** People in one conversation. */
export const mostMembers = 2_000;
/** Longest announcement, in UTF-16 units. */
export const longestAnnouncement = 2_000;

const title = z.string().check(z.trim(), z.maxLength(100));
const members = z.array(memberId).check(z.minLength(1), z.maxLength(mostMembers));
const who = z.enum(['everybody', 'managers']);

/** Who may do what in a group. `managers` are its owner and its admins. */
export const groupSettings = z.object({
  adds: who,
  renames: who,
  writes: who,
  mentionsAll: who,
  /** What the link to the group does: lets people in, or lets them ask. Where only managers add, it lets them ask. */
  link: z.enum(['joins', 'asks']),
  /** What somebody who comes in reads: all of it, or only what is said from then on. Later changes are for later people. */
  newcomersRead: z.enum(['everything', 'fromThen']),
});

export const chatRename = z.object({ title });
export const chatMembers = z.object({ members });
/** Everything was imported: these people are let in, and the group is one like any other. */
export const chatImported = z.object({ members: z.array(memberId).check(z.maxLength(mostMembers)) });
export const chatMember = z.object({ member: memberId });
export const chatLeave = z.object({});
export const chatAdmin = z.object({ member: memberId, admin: z.boolean() });
/** What is not named stays: two people who change different settings both have their way. */
export const chatSet = z
  .partial(groupSettings)
  .check(z.refine((settings) => Object.keys(settings).length > 0, 'nothing to set'));
/** Empty takes it down. */
export const chatAnnounce = z.object({ text: z.string().check(z.trim(), z.maxLength(longestAnnouncement)) });
/** What the link to the group has in it, so that it cannot be guessed. Null: there is no link. */
export const chatLink = z.object({ key: z.nullable(z.string().check(z.regex(/^[A-Za-z0-9]{16,64}$/))) });
export const chatDissolve = z.object({});
/** By the link. */
export const chatJoin = z.object({});
export const chatAsk = z.object({});
/** These members read nothing before that entry. */
export const chatReadFrom = z.object({ members, from: z.number().check(z.int(), z.nonnegative()) });
export const chatConfirm = z.object({
  announcement: z.string().check(z.regex(idPattern)) as unknown as z.ZodMiniType<CommandId, CommandId>,
});

/** Guests in one group, and those who are asked. */
export const mostGuests = 500;
/** Guests who are asked at once. */
export const mostAsked = 100;
const guests = z.array(memberId).check(z.minLength(1), z.maxLength(mostAsked));
const groupId = z.string().check(z.regex(idPattern));
/** As they say it of themselves; empty where they say none. */
const ownName = z.string().check(z.trim(), z.maxLength(60));

/** Asks customers, by their guests, into a group that is for them. */
export const chatInvite = z.object({ guests });
/** A guest is in the group from here on, under this name. */
export const chatEnter = z.object({ guest: memberId, name: ownName });
/** A guest who was in the group, or asked, is not any more: they said so, or their conversation is over. */
export const chatDepart = z.object({ guest: memberId });
/** The link by which guests come into the group by themselves, as long as it is on. */
export const chatDoor = z.object({
  code: z.string().check(z.regex(/^[A-Za-z0-9]{16,22}$/)),
  on: z.boolean(),
  /** Milliseconds since 1970. */
  until: z.nullable(z.number().check(z.int(), z.nonnegative())),
});
/** In a guest's own conversation: where they stand in a group. */
export const chatPlace = z.object({
  group: groupId,
  is: z.enum(['invited', 'in', 'out']),
  /** What the group was called then. */
  title: z.string().check(z.maxLength(100)),
  by: memberId,
});
/** In a guest's own conversation: what they answer, and under which name they come; not to accept is to leave as well. */
export const chatConsent = z.object({ group: groupId, accept: z.boolean(), name: ownName });

export type GroupSettings = z.infer<typeof groupSettings>;
export type GroupChange = z.infer<typeof chatSet>;

export interface Membership {
  /** The entry that made them a member. */
  readonly since: number;
  /** The first entry they may read; absent: all of them. */
  readonly from?: number;
  readonly admin?: true;
}

export interface Announcement {
  /** Of the entry that put it up: who confirmed an earlier one has not confirmed this one. */
  readonly id: CommandId;
  readonly by: MemberId;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
}

/** What a group has beside its members and messages. Absent where it was never said. */
export interface GroupState {
  /** Absent: whoever made the group, or whom `ownerOf` names after them. */
  owner?: MemberId;
  settings?: GroupChange;
  announcement?: Announcement;
  link?: string;
  /** Who was taken out: the link alone does not let them in again. */
  takenOut?: Readonly<Record<MemberId, true>>;
  dissolved?: { readonly by: MemberId; readonly at: number };
  /** It is for guests, too. */
  outside?: true;
  /** The link by which guests come in. */
  door?: z.infer<typeof chatDoor> & { readonly by: MemberId };
}

/** Who asks to be let in, since when. */
export interface JoinsState {
  requests: Readonly<Record<MemberId, { readonly at: number }>>;
}
