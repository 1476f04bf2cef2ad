import * as z from 'zod/mini';
import type { EntryTarget } from '../../access/kind.ts';
import type { CommandId, MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { messageFiles, type FilesInShort } from './attachment.ts';
import { linkCard } from './card.ts';
import { mostMembers, type GroupState, type Membership } from './group-schema.ts';
import type { UrgentMessage } from './urgent-schema.ts';

const title = z.string().check(z.trim(), z.maxLength(100));
const members = z.array(memberId).check(z.minLength(1), z.maxLength(mostMembers));

/** Programs whose conversations can be brought here. */
export const importSources = ['slack', 'weft'] as const;

export const chatCreate = z.object({
  type: z.enum(['direct', 'group']),
  title,
  members,
  /** The group is made for what is imported from there, by an administrator, and opened when all of it is here. */
  imports: z.optional(z.enum(importSources)),
  /** A group in which guests may be. */
  outside: z.optional(z.literal(true)),
});
export const chatRead = z.object({ upTo: z.number().check(z.int(), z.nonnegative()) });

/** The conversation of a guest was begun with these people of the company; `name` is empty while they have none. */
export const chatCustomer = z.object({
  guest: memberId,
  members: z.array(memberId).check(z.maxLength(100)),
  name: z.string().check(z.maxLength(500)),
  /** What was said elsewhere comes first. */
  imports: z.optional(z.literal(true)),
});
/** What the guest is called from now on, and whether the conversation is over. */
export const chatGuest = z.object({ name: z.string().check(z.maxLength(500)), ended: z.boolean() });
/** Longest message, in characters: about ten printed pages; a doc is the place for more. */
export const longestMessage = 20_000;
/** A message that the relay sends a customer for whoever answers them: the first one, or one that many get. */
export const chatSaid = z
  .object({
    text: z.string().check(z.maxLength(longestMessage)),
    files: z.optional(messageFiles),
    /** The message to many that this one is of, by the id of its room. */
    broadcast: z.optional(z.string().check(z.maxLength(64))),
    /** Of its link: what many get has one card, made once. */
    card: z.optional(linkCard),
  })
  .check(z.refine(({ text, files }) => /\S/.test(text) || files !== undefined, { path: ['text'] }));

export { messageFile, messageFiles, type MessageFile } from './attachment.ts';
export { cardLink, linkCard, type LinkCard } from './card.ts';

export type ChatCreate = z.infer<typeof chatCreate>;

export interface LastMessage {
  readonly seq: number;
  /** Absent in states from before it was kept. */
  readonly id?: CommandId;
  readonly by: MemberId;
  /** Who said it elsewhere, where `by` imported it. */
  readonly name?: string;
  readonly at: number;
  readonly text: string;
  /** Absent where it has none. */
  readonly files?: FilesInShort;
  /** What lists say in words of their own. */
  readonly is?: 'record' | 'recalled' | 'announcement';
  /** A message to many, which answers nobody: the guest has said something before it. */
  readonly waits?: true;
}

/** A message to many as it came to one customer. */
export interface BroadcastMessage {
  /** The id of its room. */
  readonly id: string;
  readonly seq: number;
  readonly at: number;
}

export interface Pin extends EntryTarget {
  /** Who pinned it. */
  readonly by: MemberId;
}

/** How far the import has come for which a group was made. */
export interface ImportState {
  readonly from: (typeof importSources)[number];
  /** Messages that are here; the next one has this number. */
  readonly count: number;
  /** What the newest is called in the file it comes from; empty before there is one. */
  readonly last: string;
  /** All of it is here, and the people are let in. */
  readonly done?: true;
}

/** What lists need of a conversation. Messages themselves are read from the entries. */
export interface ChatState extends GroupState {
  created: { readonly by: MemberId; readonly at: number } | null;
  /** `customer`: a guest with those who work with them. */
  type: 'direct' | 'group' | 'customer';
  /** Empty for a direct conversation and for a group that is named by its members. */
  title: string;
  members: Record<MemberId, Membership>;
  last: LastMessage | null;
  /** In the order they were pinned; absent while there was never one. */
  pins?: readonly Pin[];
  /** What somebody has not confirmed; absent while nothing was ever urgent. */
  urgent?: readonly UrgentMessage[];
  /** Absent for what was begun here. */
  imports?: ImportState;
  /** Whose conversation with the company it is. Of type `customer` only. */
  guest?: MemberId;
  /** What that guest is called, or those who are or were in a group (empty: nothing yet), and who asked them into it. */
  guests?: Readonly<Record<MemberId, GuestIn>>;
  /** Groups of that guest, by id, the one that changed last at the end. */
  groups?: Readonly<Record<string, GuestPlace>>;
  /** Messages to many that came to this guest, the newest of them; absent before the first. */
  broadcasts?: readonly BroadcastMessage[];
  /** The conversation with the guest is over. */
  ended?: { readonly at: number };
}

export interface GuestIn {
  readonly name: string;
  /** They were asked and have not answered. */
  readonly invited?: { readonly by: MemberId; readonly at: number };
}

/** Where a guest stands in a group. */
export interface GuestPlace {
  readonly is: 'invited' | 'in' | 'out';
  /** What the group was called when they were asked. */
  readonly title: string;
  readonly by: MemberId;
  /** What they want to be called there. */
  readonly name?: string;
}

export interface ReadsState {
  /** Up to which entry each member has read (inclusive seq). */
  positions: Record<MemberId, number>;
  /** Which announcement each member confirmed last; absent while nobody did. */
  confirmed?: Record<MemberId, CommandId>;
}
