/* Conversations as JSON, written by our export and read by our import; `docs/formats.md` tells programs how. */
import * as z from 'zod/mini';

export const formatName = 'weft-conversation';
export const formatVersion = 1;

const moment = z.number().check(z.int(), z.nonnegative());
const name = z.string().check(z.minLength(1));

export const fileLine = z.object({
  name,
  /** Bytes. */
  size: z.optional(z.number()),
  type: z.optional(z.string()),
  sha256: z.optional(z.string()),
  /** Beside the JSON file; absent where the bytes are not in the export. */
  path: z.optional(z.string()),
  width: z.optional(z.number()),
  height: z.optional(z.number()),
  duration: z.optional(z.number()),
  wave: z.optional(z.array(z.number())),
});

/** One message. People are named by their `id` in `people`, or by a name of their own. */
export const messageLine = z.object({
  id: z.optional(z.string().check(z.minLength(1), z.maxLength(90))),
  at: moment,
  by: name,
  text: z.optional(z.string()),
  mentions: z.optional(z.array(name)),
  /** It called everybody. */
  all: z.optional(z.boolean()),
  replyTo: z.optional(z.string()),
  /** With which that talk began. */
  thread: z.optional(z.string()),
  files: z.optional(z.array(fileLine)),
  reactions: z.optional(z.array(z.object({ emoji: name, by: z.array(name) }))),
  /** What it said before, the first first. */
  versions: z.optional(z.array(z.object({ at: moment, text: z.string() }))),
  edited: z.optional(moment),
  recalled: z.optional(z.boolean()),
  /** Whoever said it before it was forwarded. */
  forwarded: z.optional(name),
  record: z.optional(
    z.object({ title: z.string(), items: z.array(z.object({ by: name, at: moment, text: z.string() })) }),
  ),
  /** It was brought from elsewhere by somebody, then. */
  imported: z.optional(z.object({ by: name, at: moment })),
});
export type MessageLine = z.infer<typeof messageLine>;

/** Something that happened to the conversation: what, and as a sentence. */
export interface EventLine {
  readonly event: string;
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly sentence: string;
  readonly data: unknown;
}

export const personLine = z.object({
  id: name,
  name,
  email: z.optional(z.string()),
  /** Whether they are in the conversation. */
  member: z.optional(z.boolean()),
});
export type PersonLine = z.infer<typeof personLine>;

export const headOf = z.object({
  format: z.literal(formatName),
  version: z.number(),
  workspace: z.optional(z.object({ id: z.optional(z.string()), name: z.optional(z.string()) })),
  conversation: z.object({
    id: z.optional(z.string()),
    kind: z.optional(z.string()),
    title: z.string(),
  }),
});
export type Head = z.infer<typeof headOf>;
