import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** How commands on the same machine reach the relay that has the folder open. */
const relayFile = z.object({ pid: z.number().int(), address: z.url(), secret: z.string().min(32) });
export type RelayFile = z.infer<typeof relayFile>;

const fileIn = (folder: string): string => join(folder, 'relay.json');

/** Only the user who runs the relay can read it: who can, can read the database too. */
export function writeRelayFile(folder: string, address: string, secret: string): void {
  const file = fileIn(folder);
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify({ pid: process.pid, address, secret }), { mode: 0o600 });
}

export const removeRelayFile = (folder: string): void => rmSync(fileIn(folder), { force: true });

/** Null when no relay left one; it may be of a relay that was killed. */
export function readRelayFile(folder: string): RelayFile | null {
  try {
    return relayFile.parse(JSON.parse(readFileSync(fileIn(folder), 'utf8')));
  } catch {
    return null;
  }
}

export const newOperatorSecret = (): string => randomBytes(32).toString('base64url');

/** As long as it is there, the data folder holds a half-finished restore, and no relay starts on it. */
export const unfinishedRestore = (data: string): string => join(data, 'restoring');
