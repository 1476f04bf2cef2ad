import * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import type { CommandRule, EntryTarget, LogEntry, RuleContext } from '../../access/kind.ts';
import { memberId } from '../directory/schema.ts';
import { filesInShort, messageFiles } from './attachment.ts';
import { chatUncard } from './card.ts';
import { mayMentionAll, mayTakePart, mayWrite, readsFrom } from './membership.ts';
import type { ChatState } from './schema.ts';
import { target } from './target.ts';

/** Longest message, in characters: about ten printed pages; a doc is the place for more. */
export const longestMessage = 20_000;
/** Longest preview of a message that lists keep. */
const previewLength = 160;
/** Pinned messages of one conversation. */
export const mostPins = 50;
/** Different emoji of one person at one message. */
export const mostReactions = 8;
/** Messages in one record. */
export const mostRecorded = 100;

const text = z.string().check(z.maxLength(longestMessage));
const words = text.check(z.regex(/\S/));
/** Members named with @ in the text. */
const mentions = z.optional(z.array(memberId).check(z.maxLength(200)));

/** One emoji as keyboards write it: a pictogram with its variants, a flag, or a keycap. */
export const emojiPattern =
  /^(?:\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3|\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|[\u{e0020}-\u{e007f}])*(?:\u200d\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f)*)*)$/u;
const emoji = z.string().check(z.maxLength(40), z.regex(emojiPattern));

/** Messages of another conversation, as whoever forwards them says that they were. */
const record = z.object({
  /** What the conversation is called by whoever forwards. */
  title: z.string().check(z.trim(), z.maxLength(100)),
  items: z
    .array(z.object({ by: memberId, at: z.number().check(z.int(), z.nonnegative()), text }))
    .check(z.minLength(1), z.maxLength(mostRecorded)),
});

export const chatSend = z
  .object({
    text,
    mentions,
    /** Calls everybody in the group. */
    all: z.optional(z.literal(true)),
    /** The message this one answers. */
    reply: z.optional(target),
    /** The message with which that talk began; from the relay. */
    thread: z.optional(target),
    /** Who said it elsewhere, as whoever forwards it says. */
    forwarded: z.optional(z.object({ by: memberId })),
    record: z.optional(record),
    files: z.optional(messageFiles),
    /** Its link is to stay without a card. */
    noCard: z.optional(z.literal(true)),
  })
  .check(
    z.refine(
      (message) => /\S/.test(message.text) || message.record !== undefined || message.files !== undefined,
      { path: ['text'] },
    ),
  );
export const chatEdit = z.object({ target, text: words, mentions });
export const chatRecall = z.object({ target });
/** All that this person has at the message from now on: said as a whole, so that it is bounded without counting. */
export const chatReact = z.object({
  target,
  emoji: z.array(emoji).check(
    z.maxLength(mostReactions),
    z.refine((each) => new Set(each).size === each.length, 'one twice'),
  ),
});
export const chatPin = z.object({ target, on: z.boolean() });

export type ChatSend = z.infer<typeof chatSend>;
export type ChatRecord = z.infer<typeof record>;
export type ChatEdit = z.infer<typeof chatEdit>;

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;
type Context = RuleContext<ChatState, ChatState>;

/** The message in an entry; null when the entry is something else, or of a relay that writes it otherwise. */
export function messageOf(entry: LogEntry): ChatSend | null {
  if (entry.type !== 'chat.send') return null;
  const parsed = chatSend.safeParse(entry.data);
  return parsed.success ? parsed.data : null;
}

/** Whether the target is a message that this person may speak of. On a device it may be one that is not on the screen. */
function mayPointAt(actor: Actor, at: EntryTarget, context: Context): Decision {
  const part = mayTakePart(actor, context.governing);
  if (!part.ok) return part;
  const entry = context.entry(at);
  if (entry === undefined) return allow;
  return entry && entry.seq >= readsFrom(context.governing, actor.member) && messageOf(entry)
    ? allow
    : refuse('message-not-found', 'no such message here');
}

function mayChange(actor: Actor, at: EntryTarget, context: Context): Decision {
  const decision = mayPointAt(actor, at, context);
  if (!decision.ok) return decision;
  const entry = context.entry(at);
  return !entry || entry.by === actor.member
    ? allow
    : refuse('forbidden', 'only its author changes a message');
}

/** The same entry by the place where it is now. */
function placed(at: EntryTarget, context: Context): EntryTarget {
  const entry = context.entry(at);
  return entry ? { seq: entry.seq, id: entry.id } : at;
}

const complete = <Data extends { target: EntryTarget }>(data: Data, context: Context): Data => ({
  ...data,
  target: placed(data.target, context),
});

const send: Rule<typeof chatSend> = {
  schema: chatSend,
  may(actor, { all, reply }, context) {
    const writing = mayWrite(actor, context);
    if (!writing.ok) return writing;
    const answering = reply ? mayPointAt(actor, reply, context) : allow;
    return answering.ok && all ? mayMentionAll(actor, context) : answering;
  },
  complete({ thread: _, ...said }, context) {
    if (!said.reply) return said;
    const answered = context.entry(said.reply);
    const before = answered ? messageOf(answered) : null;
    const reply = placed(said.reply, context);
    return { ...said, reply, thread: before?.thread ?? reply };
  },
};

const edit: Rule<typeof chatEdit> = {
  schema: chatEdit,
  may(actor, { target: at }, context) {
    const writing = mayWrite(actor, context);
    const change = writing.ok ? mayChange(actor, at, context) : writing;
    if (!change.ok) return change;
    const entry = context.entry(at);
    const message = entry && messageOf(entry);
    return message && (message.record ?? message.forwarded)
      ? refuse('forbidden', 'what others said is not edited')
      : allow;
  },
  complete,
};
const recall: Rule<typeof chatRecall> = {
  schema: chatRecall,
  may: (actor, { target: at }, context) => mayChange(actor, at, context),
  complete,
};
const react: Rule<typeof chatReact> = {
  schema: chatReact,
  may: (actor, { target: at }, context) => mayPointAt(actor, at, context),
  complete,
};
const uncard: Rule<typeof chatUncard> = {
  schema: chatUncard,
  may: (actor, { target: at }, context) => mayChange(actor, at, context),
  complete,
};
const pin: Rule<typeof chatPin> = {
  schema: chatPin,
  may(actor, { target: at, on }, context) {
    // What is pinned can be taken down whatever became of it.
    if (!on) return mayTakePart(actor, context.governing);
    const decision = mayPointAt(actor, at, context);
    if (!decision.ok) return decision;
    const { pins = [] } = context.state;
    return pins.length < mostPins || isPinned(context.state, at)
      ? allow
      : refuse('too-many', `a conversation has at most ${mostPins} pinned messages`);
  },
  isDone: (_actor, { target: at, on }, { state }) => isPinned(state, at) === on,
  complete,
};

export const isPinned = ({ pins = [] }: ChatState, { id }: EntryTarget): boolean =>
  pins.some((each) => each.id === id);

export const messageCommands = {
  'chat.send': send,
  'chat.edit': edit,
  'chat.recall': recall,
  'chat.react': react,
  'chat.uncard': uncard,
  'chat.pin': pin,
};

/** What becomes of the conversation itself; what becomes of each message is in `marks.ts`. */
export const messageFolds = {
  'chat.send': entryRule<ChatState, ChatSend>(chatSend, (draft, message, { seq: at, id, by, at: time }) => {
    const text = message.text.slice(0, previewLength);
    const files = message.files ? { files: filesInShort(message.files) } : {};
    const is = message.record ? { is: 'record' as const } : {};
    draft.last = { seq: at, id, by, at: time, text, ...files, ...is };
  }),
  'chat.edit': entryRule<ChatState, ChatEdit>(chatEdit, (draft, { target: at, text: now }) => {
    if (isLast(draft, at) && draft.last?.is !== 'recalled')
      draft.last = { ...draft.last!, text: now.slice(0, previewLength) };
  }),
  'chat.recall': entryRule<ChatState, z.infer<typeof chatRecall>>(chatRecall, (draft, { target: at }) => {
    if (isLast(draft, at)) {
      const { files: _, ...last } = draft.last!;
      draft.last = { ...last, text: '', is: 'recalled' };
    }
    takeDown(draft, at);
  }),
  'chat.pin': entryRule<ChatState, z.infer<typeof chatPin>>(chatPin, (draft, { target: at, on }, { by }) => {
    takeDown(draft, at);
    if (on) draft.pins = [...(draft.pins ?? []), { ...at, by }];
  }),
};

function takeDown(draft: ChatState, at: EntryTarget): void {
  if (isPinned(draft, at)) draft.pins = draft.pins!.filter(({ id }) => id !== at.id);
}

/** A state from before ids were kept knows its last message by its place. */
const isLast = ({ last }: ChatState, at: EntryTarget): boolean =>
  last !== null && (last.id === undefined ? last.seq === at.seq : last.id === at.id);
