import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { BackupError, reasonOf } from './backup-error.ts';

const count = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `backup.json`: a folder without a right one is no backup. */
const manifest = z.object({
  format: z.literal(1),
  workspace: z.string().min(1),
  /** The store's epoch and newest cursor. */
  epoch: z.string().min(1),
  head: count,
  /** Names this backup in the journal of revocations. */
  mark: z.string().min(1),
  /** When its database was complete, milliseconds since 1970. */
  at: count,
  /** The Weft that made it. */
  version: z.string(),
  database: z.object({ sha256, bytes: count, rows: count }),
  /** Pictures by number and bytes; `missing` were not in the data folder. */
  pictures: z.object({ count, bytes: count, missing: z.array(sha256) }),
});

export type Manifest = z.infer<typeof manifest>;

export const manifestFile = (folder: string): string => join(folder, 'backup.json');

/** @throws BackupError */
export function readManifest(folder: string): Manifest {
  try {
    return manifest.parse(JSON.parse(readFileSync(manifestFile(folder), 'utf8')));
  } catch (error) {
    if (error instanceof Error && Object.hasOwn(error, 'syscall'))
      throw new BackupError(`${folder} is not a backup: it has no backup.json that can be read.`);
    throw new BackupError(`${folder} is not a backup of this Weft: ${reasonOf(error).slice(0, 300)}`);
  }
}

/** SHA-256 of a file in hexadecimal, read in pieces. */
export async function hashOf(file: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(file), digest);
  return digest.digest('hex');
}
