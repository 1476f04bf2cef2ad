import * as z from 'zod/mini';
import type { MemberId } from '../../base/ids.ts';
import { idPattern } from '../../base/ids.ts';
import { messageFile, type MessageFile } from '../chat/schema.ts';
import { memberId } from '../directory/schema.ts';

/** Bounds of what one person keeps: their states are held whole, on their devices and by the relay. */
export const most = { chats: 5_000, sections: 50, saved: 2_000, todos: 2_000, replies: 500 } as const;
/** Longest copy of a message that is kept with a saved one, and of all of them together, in UTF-16 units. */
export const longestCopy = 4_000;
export const longestCopies = 1_000_000;
export const longestTodo = 1_000;
/** Longest quick reply, and all of them together, in UTF-16 units. */
export const longestReply = 2_000;
export const longestReplies = 400_000;
/** Files of one quick reply. */
export const mostReplyFiles = 5;

/** Ids are keys of plain objects, so one must not be a name that every object has. */
const key = z.string().check(
  z.regex(idPattern),
  z.refine((id) => !(id in {})),
);
const position = z.number().check(z.int(), z.nonnegative());
/** Milliseconds since 1970. */
const moment = z.number().check(z.int(), z.nonnegative());
const sectionName = z.string().check(z.trim(), z.minLength(1), z.maxLength(40));

/** Of what a person is told: everything, what calls them, nothing. */
export const level = z.enum(['all', 'mentions', 'none']);
export type Level = z.infer<typeof level>;

/** How one conversation stands in the own list; a field that is absent stays as it is. */
export const listChat = z.object({
  chat: key,
  pinned: z.optional(z.boolean()),
  muted: z.optional(z.boolean()),
  /** Of what the person is told here; null as everywhere. It stands above `muted`, which is the same as `mentions`. */
  tell: z.optional(z.nullable(level)),
  /** Marked by the person, whatever was read. */
  unread: z.optional(z.boolean()),
  /** The time of what the conversation ended with: it is hidden as long as nothing else comes. Null shows it. */
  hidden: z.optional(z.nullable(moment)),
  section: z.optional(z.nullable(key)),
});
export const listAddSection = z.object({ id: key, name: sectionName });
export const listChangeSection = z.object({
  id: key,
  name: z.optional(sectionName),
  collapsed: z.optional(z.boolean()),
});
export const listSection = z.object({ id: key });
export const listOrder = z.object({ sections: z.array(key).check(z.maxLength(most.sections)) });

/** Where a message stands: `message` is its entry's id, `seq` the place at which it is looked for first. */
const source = z.object({ chat: key, message: key, seq: position });

export const savedAdd = z.object({
  ...source.shape,
  by: memberId,
  /** Who said it, where `by` imported it. */
  name: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(100))),
  /** When it was said. */
  at: moment,
  text: z.string().check(z.maxLength(longestCopy)),
  /** Names of the files in it. */
  files: z.optional(z.array(z.string().check(z.maxLength(255))).check(z.maxLength(20))),
});
export const savedRemove = z.object({ message: key });

const todoText = z.string().check(z.trim(), z.minLength(1), z.maxLength(longestTodo));
export const todoAdd = z.object({
  id: key,
  text: todoText,
  due: z.optional(z.nullable(moment)),
  source: z.optional(source),
});
export const todoChange = z.object({
  id: key,
  text: z.optional(todoText),
  due: z.optional(z.nullable(moment)),
  done: z.optional(z.boolean()),
});
export const todoRemove = z.object({ ids: z.array(key).check(z.minLength(1), z.maxLength(200)) });

/** What replies are sorted into; empty for none. */
const replyFolder = z.string().check(z.trim(), z.maxLength(40));
const replyTitle = z.string().check(z.trim(), z.minLength(1), z.maxLength(60));
const replyText = z.string().check(z.trim(), z.maxLength(longestReply));
/** Files of the room in which the reply is. */
export const replyFiles = z.array(messageFile).check(z.maxLength(mostReplyFiles));
/** Whether there is anything to be said by it. */
export const saysSomething = ({ text, files }: { text: string; files?: readonly unknown[] | undefined }) =>
  /\S/.test(text) || (files?.length ?? 0) > 0;
export const replyAdd = z
  .object({
    ...{ id: key, folder: replyFolder, title: replyTitle, text: replyText },
    files: z.optional(replyFiles),
  })
  .check(z.refine(saysSomething, { path: ['text'] }));
export const replyChange = z.object({
  id: key,
  folder: z.optional(replyFolder),
  title: z.optional(replyTitle),
  text: z.optional(replyText),
  /** All of them from now on. */
  files: z.optional(replyFiles),
});
export const replyRemove = z.object({ id: key });

const minutes = z.number().check(z.int(), z.gte(0), z.lt(24 * 60));
/** When a person wants to be left alone. A time that ends before it begins ends on the next day. */
const quietHours = z.object({
  /** Minutes after midnight, in that zone. */
  from: minutes,
  to: minutes,
  /** The days on which it begins: 0 is Sunday. */
  days: z.array(z.number().check(z.int(), z.gte(0), z.lte(6))).check(z.maxLength(7)),
  /** Of the IANA, such as `Asia/Shanghai`. */
  zone: z.string().check(z.regex(/^[A-Za-z0-9_+/-]{1,64}$/)),
});
export type QuietHours = z.infer<typeof quietHours>;

/** What a person wants to be told of, on all of their devices; a field that is absent stays as it is. */
export const noticesSet = z.object({
  level: z.optional(level),
  /** Whether notices show what was said. */
  words: z.optional(z.boolean()),
  sound: z.optional(z.boolean()),
  quiet: z.optional(z.nullable(quietHours)),
});
export type NoticesSet = z.infer<typeof noticesSet>;

export type ListChat = z.infer<typeof listChat>;
export type SavedAdd = z.infer<typeof savedAdd>;
export type TodoAdd = z.infer<typeof todoAdd>;
export type TodoChange = z.infer<typeof todoChange>;
export type ReplyAdd = z.infer<typeof replyAdd>;
export type ReplyChange = z.infer<typeof replyChange>;
export type MessageSource = z.infer<typeof source>;

/** Everything here belongs to one member, who alone may read it. Null until their first command made the room. */
export interface Owned {
  owner: MemberId | null;
}

export interface ChatPlace {
  readonly pinned?: true;
  readonly muted?: true;
  /** Where `muted` does not say it already. */
  readonly tell?: 'all' | 'none';
  readonly unread?: true;
  readonly hidden?: number;
  readonly section?: string;
}

export interface Section {
  readonly id: string;
  readonly name: string;
  readonly collapsed: boolean;
}

/** How a person arranged their conversations. */
export interface ListState extends Owned {
  /** By the id of the conversation. */
  chats: Record<string, ChatPlace>;
  /** In the person's order. */
  sections: readonly Section[];
}

export interface SavedMessage extends MessageSource {
  readonly by: MemberId;
  /** Who said it, where `by` imported it. */
  readonly name?: string | undefined;
  readonly at: number;
  readonly text: string;
  readonly files: readonly string[];
  readonly savedAt: number;
}

export interface SavedState extends Owned {
  /** By the id of the message. */
  items: Record<string, SavedMessage>;
}

export interface Todo {
  readonly id: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly due: number | null;
  /** When it was done, or null. */
  readonly done: number | null;
  readonly source: MessageSource | null;
  readonly madeAt: number;
}

export interface TodosState extends Owned {
  items: Record<string, Todo>;
}

/** Words that one says often, with the places that are filled in when they are said. */
export interface QuickReply {
  readonly id: string;
  /** Empty for none. */
  readonly folder: string;
  readonly title: string;
  readonly text: string;
  /** Sent with it; absent for none. */
  readonly files?: readonly MessageFile[] | undefined;
}

export interface RepliesState extends Owned {
  items: Record<string, QuickReply>;
}

export interface NoticesState extends Owned {
  level: Level;
  words: boolean;
  sound: boolean;
  quiet: QuietHours | null;
}
