import { asStorageError } from './storage/sqlite/guard.ts';
import { StorageError, type StorageReason } from './storage/storage-error.ts';

/** The data folder cannot be used; the message is a sentence for the person who started the process. */
export class FolderError extends Error {}

const sentences: Readonly<Record<StorageReason, (folder: string, why: string) => string>> = {
  locked: (folder) => `Another relay is using the data folder ${folder}; stop it first.`,
  newer: (folder, why) => `The data folder ${folder} needs a newer Weft: ${why}.`,
  damaged: (folder, why) =>
    `The database in ${folder} is damaged (${why}); restore a backup, or keep what is good with npm run repair.`,
  unsure: (folder, why) => `The data folder ${folder} cannot be used: ${why}.`,
  disk: (folder, why) => `The data folder ${folder} cannot be used: ${why}.`,
};

/** Trouble with the folder as a sentence; bugs stay as they are. */
export function asFolderError(error: unknown, folder: string): unknown {
  const known = asStorageError(error);
  if (known instanceof StorageError) return new FolderError(sentences[known.reason](folder, known.message));
  if (error instanceof Error && Object.hasOwn(error, 'syscall'))
    return new FolderError(sentences.disk(folder, error.message));
  return error;
}
