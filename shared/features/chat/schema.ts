import * as z from 'zod/mini';
import type { EntryTarget } from '../../access/kind.ts';
import type { CommandId, MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import type { FilesInShort } from './attachment.ts';
import { mostMembers, type GroupState, type Membership } from './group-schema.ts';

const title = z.string().check(z.trim(), z.maxLength(100));
const members = z.array(memberId).check(z.minLength(1), z.maxLength(mostMembers));

export const chatCreate = z.object({ type: z.enum(['direct', 'group']), title, members });
export const chatRead = z.object({ upTo: z.number().check(z.int(), z.nonnegative()) });

export type ChatCreate = z.infer<typeof chatCreate>;

export interface LastMessage {
  readonly seq: number;
  /** Absent in states from before it was kept. */
  readonly id?: CommandId;
  readonly by: MemberId;
  readonly at: number;
  readonly text: string;
  /** Absent where it has none. */
  readonly files?: FilesInShort;
  /** What lists say in words of their own. */
  readonly is?: 'record' | 'recalled' | 'announcement';
}

export interface Pin extends EntryTarget {
  /** Who pinned it. */
  readonly by: MemberId;
}

/** What lists need of a conversation. Messages themselves are read from the entries. */
export interface ChatState extends GroupState {
  created: { readonly by: MemberId; readonly at: number } | null;
  type: 'direct' | 'group';
  /** Empty for a direct conversation and for a group that is named by its members. */
  title: string;
  members: Record<MemberId, Membership>;
  last: LastMessage | null;
  /** In the order they were pinned; absent while there was never one. */
  pins?: readonly Pin[];
}

export interface ReadsState {
  /** Up to which entry each member has read (inclusive seq). */
  positions: Record<MemberId, number>;
  /** Which announcement each member confirmed last; absent while nobody did. */
  confirmed?: Record<MemberId, CommandId>;
}
