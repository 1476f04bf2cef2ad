import * as z from 'zod/mini';
import { allow, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import type { CommandRule, EntryTarget, LogEntry, RuleContext } from '../../access/kind.ts';
import { isFactId } from '../../base/ids.ts';
import { memberId } from '../directory/schema.ts';
import { filesInShort, messageFile, messageFiles } from './attachment.ts';
import { chatUncard, linkCard } from './card.ts';
import { mayMentionAll, mayTakePart, mayWrite, readsFrom } from './membership.ts';
import { countBroadcast, noteSaidByRelay } from './customer.ts';
import { longestMessage, type ChatState } from './schema.ts';
import { seq, target } from './target.ts';
import { calm } from './urgent-schema.ts';

export { longestMessage };
/** Longest preview of a message that lists keep. */
export const previewLength = 160;
/** Pinned messages of one conversation. */
export const mostPins = 50;
/** Different emoji of one person at one message. */
export const mostReactions = 8;
/** Messages in one record. */
export const mostRecorded = 100;
/** Earlier versions of one imported message, and all of their words together, in UTF-16 units. */
export const mostImportedVersions = 20;
export const longestImportedVersions = 100_000;
/** Reactions of others that come with an imported message, and people at each of them. */
export const mostImportedReactions = 50;
export const mostImportedReactors = 200;

const text = z.string().check(z.maxLength(longestMessage));
const words = text.check(z.regex(/\S/));
/** Members named with @ in the text. */
const mentions = z.optional(z.array(memberId).check(z.maxLength(200)));

/** One emoji as keyboards write it: a pictogram with its variants, a flag, or a keycap. */
export const emojiPattern =
  /^(?:\p{Regional_Indicator}{2}|[#*0-9]\ufe0f?\u20e3|\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f|[\u{e0020}-\u{e007f}])*(?:\u200d\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\ufe0f)*)*)$/u;
const emoji = z.string().check(z.maxLength(40), z.regex(emojiPattern));

/** Milliseconds since 1970. */
const moment = z.number().check(z.int(), z.nonnegative());
/** Of somebody who need not be a member. */
const personName = z.string().check(z.trim(), z.minLength(1), z.maxLength(100));

/** Messages of another conversation, as whoever forwards them says that they were. */
const record = z.object({
  /** What the conversation is called by whoever forwards. */
  title: z.string().check(z.trim(), z.maxLength(100)),
  items: z
    .array(
      z.object({
        by: memberId,
        at: moment,
        text,
        /** Who said it, where whoever is named in `by` imported it. */
        name: z.optional(personName),
      }),
    )
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
    forwarded: z.optional(
      z.object({
        by: memberId,
        /** The same of what was imported, which `by` only brought. */
        name: z.optional(personName),
      }),
    ),
    record: z.optional(record),
    files: z.optional(messageFiles),
    /** Its link is to stay without a card. */
    noCard: z.optional(z.literal(true)),
    /** The message to many that this one is of; from the relay. */
    broadcast: z.optional(z.string().check(z.maxLength(64))),
    /** The card of its link; from the relay, as that. */
    card: z.optional(linkCard),
  })
  .check(
    z.refine(
      (message) => /\S/.test(message.text) || message.record !== undefined || message.files !== undefined,
      { path: ['text'] },
    ),
  );

/** Who said an imported message where it comes from, as whoever imports it says. It is signed by nobody but them. */
const imported = z.object({
  /** Its place in the import, from 0: nothing is imported twice, and nothing left out. */
  n: seq,
  /** What names it in the file it comes from. */
  id: z.string().check(z.minLength(1), z.maxLength(100)),
  name: personName,
  /** Who that is here, as whoever imports says. */
  member: z.optional(memberId),
  /** When it was said. */
  at: moment,
  /** What it said before, the first first, each with when it came to say it. */
  versions: z.optional(
    z.array(z.object({ at: moment, text })).check(
      z.minLength(1),
      z.maxLength(mostImportedVersions),
      z.refine(
        (each) => each.reduce((sum, { text: { length } }) => sum + length, 0) <= longestImportedVersions,
      ),
    ),
  ),
  /** When it came to say what it says. */
  edited: z.optional(moment),
  /** It was taken back there: it has no words. */
  recalled: z.optional(z.literal(true)),
  /** Other systems have emoji of their own, which have a name. */
  reactions: z.optional(
    z
      .array(
        z.object({
          emoji: z.string().check(z.minLength(1), z.maxLength(60)),
          by: z.array(personName).check(z.minLength(1), z.maxLength(mostImportedReactors)),
        }),
      )
      .check(z.minLength(1), z.maxLength(mostImportedReactions)),
  ),
  /** Who had said it before it was forwarded there. */
  forwarded: z.optional(personName),
});

/** A message that was said elsewhere. */
export const chatImport = z
  .object({
    text,
    mentions,
    reply: z.optional(target),
    /** From the relay. */
    thread: z.optional(target),
    record: z.optional(record),
    files: z.optional(messageFiles),
    imported,
  })
  .check(
    z.refine(
      ({ text: said, record: of, files, imported: { recalled, versions } }) =>
        recalled
          ? said === '' && !of && !files && !versions
          : /\S/.test(said) || of !== undefined || files !== undefined,
      { path: ['text'] },
    ),
  );
/** What is left of a message that was recalled. */
export const chatErased = z.object({
  erased: z.literal(true),
  reply: z.optional(target),
  thread: z.optional(target),
  /** It came to many, and goes on counting as one of those. */
  broadcast: z.optional(z.string().check(z.maxLength(64))),
});
/** A message as it stands in the log. */
const inTheLog = z.union([chatSend, chatErased]);
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
/** A file of the message that its sender will not send: nobody need wait for it. */
export const chatGiveUp = z.object({ target, hash: messageFile.shape.hash });
export const chatPin = z.object({ target, on: z.boolean() });

export type ChatSend = z.infer<typeof chatSend>;
export type ChatImport = z.infer<typeof chatImport>;
export type Imported = ChatImport['imported'];
export type ChatRecord = z.infer<typeof record>;
export type ChatEdit = z.infer<typeof chatEdit>;

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;
type Context = RuleContext<ChatState, ChatState>;

/** Who said an entry elsewhere, before it was imported; null for what was said here. */
export function importedIn(entry: LogEntry): Imported | null {
  if (entry.type !== 'chat.import') return null;
  const parsed = chatImport.safeParse(entry.data);
  return parsed.success ? parsed.data.imported : null;
}

/**
 * The message in an entry; null when the entry is something else, or of a relay that writes it otherwise. One that was
 * imported is not its author's: `importedIn` tells whose it was.
 */
export function messageOf(entry: LogEntry): ChatSend | null {
  if (entry.type === 'chat.import') {
    const parsed = chatImport.safeParse(entry.data);
    return parsed.success && !parsed.data.imported.recalled ? parsed.data : null;
  }
  if (entry.type !== 'chat.send') return null;
  const parsed = chatSend.safeParse(entry.data);
  return parsed.success ? parsed.data : null;
}

/** Most are not, and every entry on a screen is asked. */
const hasErased = (data: unknown): boolean => typeof data === 'object' && data !== null && 'erased' in data;

/** Whether the words of the entry were put away because the message was recalled. */
export const isErased = (entry: LogEntry): boolean =>
  entry.type === 'chat.import'
    ? importedIn(entry)?.recalled === true
    : entry.type === 'chat.send' && hasErased(entry.data) && chatErased.safeParse(entry.data).success;

/** The message with which the talk began that this one is in; null where it answers none. */
export function threadOf(entry: LogEntry): EntryTarget | null {
  const schema = entry.type === 'chat.send' ? inTheLog : entry.type === 'chat.import' ? chatImport : null;
  const parsed = schema?.safeParse(entry.data);
  return (parsed?.success ? parsed.data.thread : null) ?? null;
}

const isMessage = (entry: LogEntry): boolean => messageOf(entry) !== null || isErased(entry);

/** Whether the target is a message that this person may speak of. On a device it may be one that is not on the screen. */
function mayPointAt(actor: Actor, at: EntryTarget, context: Context): Decision {
  const part = mayTakePart(actor, context.governing);
  if (!part.ok) return part;
  const entry = context.entry(at);
  if (entry === undefined) return allow;
  return entry && entry.seq >= readsFrom(context.governing, actor.member) && isMessage(entry)
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

/** Whether it was recalled already: then nothing is left to be said about it. */
function isGone(at: EntryTarget, context: Context): boolean {
  const entry = context.entry(at);
  return !!entry && isErased(entry);
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

/** Guests and apps answer for themselves alone: nothing in another's name, and they call nobody. */
const mayOutsiderSay = (actor: Actor, { all, forwarded, record }: ChatSend): Decision =>
  (actor.isGuest || actor.may) && (all ?? forwarded ?? record)
    ? refuse('forbidden', 'guests and apps send words and files of their own')
    : allow;

const send: Rule<typeof chatSend> = {
  schema: chatSend,
  may(actor, message, context) {
    const { all, reply } = message;
    const writing = mayWrite(actor, context);
    const saying = writing.ok ? mayOutsiderSay(actor, message) : writing;
    if (!saying.ok) return saying;
    const answering = reply ? mayPointAt(actor, reply, context) : allow;
    return answering.ok && all ? mayMentionAll(actor, context) : answering;
  },
  complete({ thread: _, broadcast: __, card: ___, ...said }, context) {
    if (!said.reply) return said;
    const answered = context.entry(said.reply);
    const reply = placed(said.reply, context);
    return { ...said, reply, thread: (answered && threadOf(answered)) ?? reply };
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
    return message && (message.record ?? message.forwarded ?? importedIn(entry))
      ? refuse('forbidden', 'what others said is not edited')
      : allow;
  },
  isDone: (_actor, { target: at }, context) => isGone(at, context),
  complete,
};
const recall: Rule<typeof chatRecall> = {
  schema: chatRecall,
  may: (actor, { target: at }, context) => mayChange(actor, at, context),
  isDone: (_actor, { target: at }, context) => isGone(at, context),
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
const giveUp: Rule<typeof chatGiveUp> = {
  schema: chatGiveUp,
  may(actor, { target: at, hash }, context) {
    const decision = mayChange(actor, at, context);
    const entry = decision.ok ? context.entry(at) : null;
    const message = entry && messageOf(entry);
    return message && !message.files?.some((file) => file.hash === hash)
      ? refuse('bad-request', 'the message has no such file')
      : decision;
  },
  isDone: (_actor, { target: at }, context) => isGone(at, context),
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
  isDone: (_actor, { target: at, on }, context) =>
    isPinned(context.state, at) === on || (on && isGone(at, context)),
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
  'chat.giveUp': giveUp,
  'chat.pin': pin,
};

/** What becomes of the conversation itself; what becomes of each message is in `marks.ts`. */
export const messageFolds = {
  'chat.send': entryRule<ChatState, ChatSend | z.infer<typeof chatErased>>(
    inTheLog,
    (draft, message, entry) => {
      const { seq: at, id, by, at: time } = entry;
      if ('erased' in message) {
        draft.last = { seq: at, id, by, at: time, text: '', is: 'recalled' };
        countBroadcast(draft, message.broadcast);
        return;
      }
      const text = message.text.slice(0, previewLength);
      const files = message.files ? { files: filesInShort(message.files) } : {};
      const is = message.record ? { is: 'record' as const } : {};
      const before = draft.last;
      draft.last = { seq: at, id, by, at: time, text, ...files, ...is };
      if (isFactId(id)) noteSaidByRelay(draft, before, message.broadcast);
    },
  ),
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
    calm(draft, at);
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
