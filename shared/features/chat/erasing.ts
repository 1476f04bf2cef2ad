import type * as z from 'zod/mini';
import { proofs } from '../../access/erasing.ts';
import type { ErasingRules, LogEntry, RevokingRule } from '../../access/kind.ts';
import { chatCard } from './card.ts';
import { type chatErased, chatRecall, importedIn, isErased, messageOf, type chatImport } from './messages.ts';
import type { ChatState } from './schema.ts';

/** Entries that say something of a message in words, and begin with its target. */
const wordy: ReadonlySet<string> = new Set(['chat.edit', 'chat.card']);

const aboutOf = (entry: LogEntry) => {
  if (entry.type !== 'chat.recall' && !wordy.has(entry.type)) return null;
  const parsed = chatRecall.safeParse(entry.data);
  return parsed.success ? parsed.data.target : null;
};

function filesOf(entry: LogEntry): readonly string[] {
  if (entry.type === 'chat.card') {
    const parsed = chatCard.safeParse(entry.data);
    const picture = parsed.success ? parsed.data.card.picture : undefined;
    return picture ? [picture.hash] : [];
  }
  const message = messageOf(entry);
  const files = (message?.files ?? []).flatMap(({ hash, small }) => (small ? [hash, small] : [hash]));
  const picture = message && 'card' in message ? message.card?.picture : undefined;
  return [...new Set([...files, ...(picture ? [picture.hash] : [])])];
}

const isEmpty = (entry: LogEntry): boolean =>
  isErased(entry) || (typeof entry.data === 'object' && entry.data !== null && 'erased' in entry.data);

function emptied(entry: LogEntry): LogEntry {
  if (isEmpty(entry)) return entry;
  // Where it stood in a talk is not what it said.
  const { thread, reply, broadcast } = messageOf(entry) ?? {};
  const place = { ...(reply && { reply }), ...(thread && { thread }) };
  const from = importedIn(entry);
  if (from) {
    const { n, id, name, member, at } = from;
    const imported = { n, id, name, ...(member && { member }), at, recalled: true as const };
    return { ...entry, data: { text: '', ...place, imported } satisfies z.infer<typeof chatImport> };
  }
  if (entry.type === 'chat.send') {
    const data: z.infer<typeof chatErased> = { erased: true, ...place, ...(broadcast && { broadcast }) };
    return { ...entry, data };
  }
  const about = wordy.has(entry.type) ? aboutOf(entry) : null;
  return about ? { ...entry, data: { target: about, erased: true } } : entry;
}

/** Whoever recalls a message has its words, its versions, the card of its link and its files put away. */
export const chatErasing: ErasingRules<ChatState> = {
  about: aboutOf,
  takesBack: ({ type }) => type === 'chat.recall',
  isUnique: ({ type }) => type === 'chat.send' || type === 'chat.import',
  files: filesOf,
  emptied,
  without(state, id) {
    if (state.last?.id !== id) return state;
    const { files: _, ...last } = state.last;
    return { ...state, last: { ...last, text: '', is: 'recalled' } };
  },
  ...proofs,
};

/** A restored relay hears of a recall before anything else: nothing has to be said again, since nothing gives words back. */
export const recallRevoking: Readonly<Record<string, RevokingRule<ChatState>>> = {
  'chat.recall': () => null,
};
