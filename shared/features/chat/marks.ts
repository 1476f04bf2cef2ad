import type { EntryTarget, LogEntry, MarkRules } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { chatUrge } from './urgent-schema.ts';
import { chatCard, type LinkCard } from './card.ts';
import { chatEdit, chatGiveUp, chatReact, chatRecall, threadOf } from './messages.ts';

/** What a message says since an edit. */
export interface Version {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly text: string;
  readonly mentions: readonly MemberId[];
}

/** What happened to one message after it was sent. */
export interface MessageMarks {
  /** Ascending; the last is how it reads now. Empty once it is recalled. */
  readonly edits: readonly Version[];
  readonly recalled: { readonly seq: number; readonly at: number } | null;
  /** What each person has at it, as they said last. */
  readonly reactions: Readonly<Record<MemberId, { readonly seq: number; readonly emoji: readonly string[] }>>;
  /** Messages of the thread that began here, ascending. */
  readonly replies: readonly EntryTarget[];
  /** What its link leads to; null when its author wants it without. Absent while nobody said. */
  readonly card?: { readonly seq: number; readonly shown: LinkCard | null };
  /** Files that its sender stopped sending, by hash; absent while all are awaited. */
  readonly givenUp?: readonly string[];
  /** Whom its author asked to confirm it, as they said last; absent while nobody was asked. */
  readonly urged?: { readonly seq: number; readonly at: number; readonly members: readonly MemberId[] };
  /** Who confirmed it, each the last time; it counts for what was asked before. */
  readonly confirmed?: Readonly<Record<MemberId, { readonly seq: number; readonly at: number }>>;
}

/** Versions of one message that are kept on a device. */
const mostVersions = 50;

export const noMarks: MessageMarks = { edits: [], recalled: null, reactions: {}, replies: [] };

const bySeq = (a: { seq: number }, b: { seq: number }): number => a.seq - b.seq;
const without = <Each extends { seq: number }>(list: readonly Each[], seq: number): readonly Each[] =>
  list.filter((each) => each.seq !== seq);

const isAnswer = (data: unknown): boolean => typeof data === 'object' && data !== null && 'thread' in data;

function targetOf(entry: LogEntry): EntryTarget | null {
  switch (entry.type) {
    case 'chat.send':
    case 'chat.import':
      // Most answer nothing, and every message that comes to a device is asked.
      return isAnswer(entry.data) ? threadOf(entry) : null;
    case 'chat.edit':
    case 'chat.recall':
    case 'chat.react':
    case 'chat.card':
    case 'chat.uncard':
    case 'chat.giveUp':
    case 'chat.urge':
    case 'chat.confirmUrgent': {
      // All of them begin with the target.
      const parsed = chatRecall.safeParse(entry.data);
      return parsed.success ? parsed.data.target : null;
    }
    default:
      return null;
  }
}

/** Where the message stands that the entry recalls; null when it recalls none. */
export function recalledSeq(entry: LogEntry): number | null {
  return entry.type === 'chat.recall' ? (targetOf(entry)?.seq ?? null) : null;
}

function recalled(
  { card: _, givenUp: _files, ...marks }: MessageMarks,
  by: NonNullable<MessageMarks['recalled']>,
): MessageMarks {
  return { ...marks, edits: [], recalled: by };
}

function fold(marks: MessageMarks, entry: LogEntry): MessageMarks {
  const { seq, at, by } = entry;
  switch (entry.type) {
    case 'chat.send':
    case 'chat.import':
      return {
        ...marks,
        replies: [...without(marks.replies, seq), { seq, id: entry.id }].sort(bySeq),
      };
    case 'chat.edit': {
      const parsed = chatEdit.safeParse(entry.data);
      if (!parsed.success || marks.recalled) return marks;
      const { text, mentions = [] } = parsed.data;
      const edits = [...without(marks.edits, seq), { seq, at, text, mentions }].sort(bySeq);
      return { ...marks, edits: edits.slice(-mostVersions) };
    }
    case 'chat.recall':
      // For ever, whatever was edited meanwhile; the earlier of two.
      return marks.recalled && marks.recalled.seq <= seq ? marks : recalled(marks, { seq, at });
    case 'chat.react': {
      const parsed = chatReact.safeParse(entry.data);
      const before = Object.hasOwn(marks.reactions, by) ? marks.reactions[by] : undefined;
      if (!parsed.success || (before && before.seq > seq)) return marks;
      return { ...marks, reactions: { ...marks.reactions, [by]: { seq, emoji: parsed.data.emoji } } };
    }
    case 'chat.card':
    case 'chat.uncard': {
      const parsed = entry.type === 'chat.card' ? chatCard.safeParse(entry.data) : null;
      if (parsed?.success === false || marks.recalled || (marks.card && marks.card.seq > seq)) return marks;
      return { ...marks, card: { seq, shown: parsed?.data?.card ?? null } };
    }
    case 'chat.giveUp': {
      const parsed = chatGiveUp.safeParse(entry.data);
      const { givenUp = [] } = marks;
      if (!parsed.success || marks.recalled || givenUp.includes(parsed.data.hash)) return marks;
      return { ...marks, givenUp: [...givenUp, parsed.data.hash].sort() };
    }
    case 'chat.urge': {
      const parsed = chatUrge.safeParse(entry.data);
      if (!parsed.success || (marks.urged && marks.urged.seq > seq)) return marks;
      return { ...marks, urged: { seq, at, members: parsed.data.members } };
    }
    case 'chat.confirmUrgent': {
      const { confirmed = {} } = marks;
      const before = Object.hasOwn(confirmed, by) ? confirmed[by] : undefined;
      return before && before.seq > seq
        ? marks
        : { ...marks, confirmed: { ...confirmed, [by]: { seq, at } } };
    }
    default:
      return marks;
  }
}

/** The later of two says what is so, except that a recall stands against everything. */
export const messageMarks: MarkRules<MessageMarks> = {
  targetOf,
  fold: (marks, entry) => fold(marks ?? noMarks, entry),
};
