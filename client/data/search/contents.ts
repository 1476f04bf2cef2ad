import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId } from '../../../shared/base/ids.ts';
import { chatAnnounce } from '../../../shared/features/chat/group-schema.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import { importedIn, messageOf, type ChatSend } from '../../../shared/features/chat/messages.ts';

/** What a message is found by, as it reads now. */
export interface Contents {
  /** Everything that was said in it. */
  readonly text: string;
  /** Names of its files. */
  readonly files: readonly string[];
  /** Who said it; of what was imported who that is here, if anybody. */
  readonly by: MemberId | null;
  /** What whoever said it was called elsewhere, before it was imported. */
  readonly name: string | null;
  /** When it was said. Milliseconds since 1970. */
  readonly at: number;
}

const wordsOf = ({ text, record }: ChatSend, now: string | undefined): string =>
  [now ?? text, ...(record ? [record.title, ...record.items.map((item) => item.text)] : [])].join('\n');

/** Null for what nobody looks for: recalled messages, and entries that only say something of others. */
export function contentsOf(entry: LogEntry, marks: MessageMarks | null): Contents | null {
  if (marks?.recalled) return null;
  const { by, at } = entry;
  if (entry.type === 'chat.announce') {
    const { data } = chatAnnounce.safeParse(entry.data);
    return data?.text ? { text: data.text, files: [], by, name: null, at } : null;
  }
  const message = messageOf(entry);
  if (!message) return null;
  const imported = importedIn(entry);
  return {
    text: wordsOf(message, marks?.edits.at(-1)?.text),
    files: message.files?.map(({ name }) => name) ?? [],
    by: imported ? (imported.member ?? null) : by,
    name: imported?.name ?? null,
    at: imported?.at ?? at,
  };
}
