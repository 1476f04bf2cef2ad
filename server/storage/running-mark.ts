import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file in the data folder, as long as a relay works there, that says on which run of the machine. What a process has
 * written outlives it, but not the machine: so the next start can tell whether something of it may be missing.
 */
export interface RunningMark {
  /** The machine went down under the last relay, or its disk failed to keep what it was given. */
  readonly wasCut: boolean;
  /** False where the system does not say which run this is: then nobody may be shown what is not synced. */
  readonly canTell: boolean;
  /** Durable when it returns. */
  put(): void;
  /** The disk fails: what was written counts for nothing. As far as it still takes anything. */
  spoil(): void;
  /** All is on the disk. */
  remove(): void;
}

/** Drawn by Linux whenever it starts. */
const thisRun = '/proc/sys/kernel/random/boot_id';

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}

function write(folder: string, text: string): void {
  const file = openSync(join(folder, 'running'), 'w', 0o600);
  try {
    writeSync(file, `${text}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** `run`: which run of the machine this is, in one line; null when nobody can say. */
export function openRunningMark(folder: string, run: string | null = textOf(thisRun)): RunningMark {
  const last = textOf(join(folder, 'running'));
  const remove = (): void => rmSync(join(folder, 'running'), { force: true });
  return {
    wasCut: last !== null && last !== run,
    canTell: run !== null,
    put() {
      if (run === null) return remove();
      write(folder, run);
      const at = openSync(folder, 'r');
      try {
        fsyncSync(at);
      } finally {
        closeSync(at);
      }
    },
    spoil() {
      try {
        write(folder, 'unsure');
      } catch {
        // Within this run of the machine what the file says is read back without a disk; there is no more to be done.
      }
    },
    remove,
  };
}
