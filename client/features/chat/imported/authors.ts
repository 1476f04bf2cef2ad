/* Who said a message, and when: of what was imported not the one who brought it. */
import type { LogEntry } from '../../../../shared/access/kind.ts';
import { importedIn } from '../../../../shared/features/chat/messages.ts';
import type { DirectoryState } from '../../../../shared/features/directory/schema.ts';
import { personName } from '../people.ts';

export const authorName = (directory: DirectoryState, entry: LogEntry): string =>
  importedIn(entry)?.name ?? personName(directory, entry.by);

/** Milliseconds since 1970. */
export const saidAt = (entry: LogEntry): number => importedIn(entry)?.at ?? entry.at;

/** The same for all messages of one author in a conversation, and for nobody else there. */
export const authorKey = (entry: LogEntry): string => {
  const imported = importedIn(entry);
  return imported ? `imported ${imported.name}` : entry.by;
};

/** The name to write down beside who brought it; nothing for what was said here. */
export function importedName(entry: LogEntry): { name?: string } {
  const imported = importedIn(entry);
  return imported ? { name: imported.name } : {};
}
