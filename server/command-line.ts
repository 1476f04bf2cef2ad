import { join, resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { readConfig } from './config.ts';
import { BackupError } from './backup/backup-error.ts';
import { FolderError } from './folder-error.ts';

// What is in a data folder or a backup is for the user who made it alone.
process.umask(0o077);

// Whoever stops listening (`| head`) must not end a repair half-way.
process.stdout.on('error', () => undefined);

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Wrong use, before anything was touched. */
export function refuse(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

/** What was given of these options; anything else is refused with the usage below it. */
export function optionsOf<Options extends NonNullable<ParseArgsConfig['options']>>(
  options: Options,
  usage: string,
) {
  try {
    return parseArgs({ options, strict: true }).values;
  } catch (error) {
    return refuse(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

/** The data folder and its journal of revocations: as the relay's environment says, or another folder's. */
export function placesOf(data: string | undefined): { readonly data: string; readonly revocations: string } {
  const read = readConfig(process.env);
  if (!read.ok) refuse(read.error);
  const { config } = read.value;
  if (data === undefined) return config;
  const isElsewhere = Boolean(process.env['WEFT_REVOCATIONS']);
  const folder = resolve(data);
  return { data: folder, revocations: isElsewhere ? config.revocations : join(folder, 'revocations.log') };
}

/**
 * Runs to the end of the process: one sentence with status 2 when the folder cannot be used, with 1 when the work
 * itself failed.
 */
export function finish(work: Promise<void>): void {
  work.catch((error: unknown) => {
    if (error instanceof FolderError) refuse(error.message);
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${error instanceof BackupError ? error.message : text}\n`);
    process.exitCode = 1;
  });
}

export function inBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${step === 0 ? bytes : (bytes / 1000 ** step).toFixed(1)} ${units[step]}`;
}
