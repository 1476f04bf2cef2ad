/** A backup or restore that cannot be done; the message is a sentence for the person who asked for it. */
export class BackupError extends Error {}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
