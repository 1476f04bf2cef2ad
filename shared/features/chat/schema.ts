import * as z from 'zod/mini';
import type { MemberId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { messageFiles, type FilesInShort } from './attachment.ts';

/** Longest message, in UTF-16 units: about ten printed pages; a doc is the place for more. */
export const longestMessage = 20_000;

const title = z.string().check(z.trim(), z.maxLength(100));
const members = z.array(memberId).check(z.minLength(1), z.maxLength(2_000));

export const chatCreate = z.object({ type: z.enum(['direct', 'group']), title, members });
export const chatSend = z
  .object({
    text: z.string().check(z.maxLength(longestMessage)),
    /** Members named with @ in the text. */
    mentions: z.optional(z.array(memberId).check(z.maxLength(200))),
    files: z.optional(messageFiles),
  })
  .check(z.refine(({ text, files }) => files !== undefined || /\S/.test(text), { path: ['text'] }));
export const chatRename = z.object({ title });
export const chatMembers = z.object({ members });
export const chatMember = z.object({ member: memberId });
export const chatLeave = z.object({});
export const chatRead = z.object({ upTo: z.number().check(z.int(), z.nonnegative()) });

export type ChatCreate = z.infer<typeof chatCreate>;
export type ChatSend = z.infer<typeof chatSend>;

export interface LastMessage {
  readonly seq: number;
  readonly by: MemberId;
  readonly at: number;
  readonly text: string;
  /** Absent where it has none. */
  readonly files?: FilesInShort;
}

/** What lists need of a conversation. Messages themselves are read from the entries. */
export interface ChatState {
  created: { readonly by: MemberId; readonly at: number } | null;
  type: 'direct' | 'group';
  /** Empty for a direct conversation and for a group that is named by its members. */
  title: string;
  members: Record<MemberId, { readonly since: number }>;
  last: LastMessage | null;
}

/** Up to which entry each member has read (inclusive seq). */
export interface ReadsState {
  positions: Record<MemberId, number>;
}
