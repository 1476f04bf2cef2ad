import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { SqliteDatabase } from '../storage/sqlite/open.ts';
import { reasonOf } from './backup-error.ts';
import { copyDatabase } from './copy-database.ts';
import type { Journal } from './journal.ts';

/** What a command on the same machine asks of the process that has the database open. */
export interface Operator {
  /**
   * Copies the database into a new file, beside everything else. Answers within some seconds whether it is done; ask
   * again until it is.
   */
  copyTo(file: string): Promise<Result<boolean, Failure>>;
  /** A backup of this epoch up to that cursor was verified and lies at its place. */
  backedUp(facts: BackedUp): Result<true, Failure>;
}

export interface BackedUp {
  readonly epoch: string;
  readonly cursor: number;
  /** The name of the backup in the journal. */
  readonly mark: string;
}

/** Remembers what devices and a later restore have to know of a backup. */
export function noteBackup(
  database: SqliteDatabase,
  journal: Journal,
  { epoch, cursor, mark }: BackedUp,
  clock: Clock,
): void {
  journal.append([{ kind: 'backup', mark }], { epoch, cursor }, clock.now());
  database
    .prepare(
      `INSERT INTO meta (key, value) VALUES ('backed-up', ?)
       ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
    )
    .run(String(cursor));
}

/** Milliseconds after which whoever asked for a copy is told that it is being made. */
const longestAnswer = 5_000;

export interface OperatorDeps {
  readonly database: SqliteDatabase;
  readonly journal: Journal;
  readonly epoch: string;
  readonly clock: Clock;
}

export function createOperator({ database, journal, epoch, clock }: OperatorDeps): Operator {
  let copying: { readonly file: string; readonly done: Promise<Result<boolean, Failure>> } | null = null;

  const copy = async (file: string): Promise<Result<boolean, Failure>> => {
    try {
      await copyDatabase(database, file);
      return ok(true);
    } catch (error) {
      return err(failure('storage-failed', `the copy could not be written: ${reasonOf(error)}`));
    }
  };

  return {
    async copyTo(file) {
      if (copying && copying.file !== file)
        return err(failure('too-many-requests', 'another backup is being made'));
      copying ??= { file, done: copy(file) };
      const patience = new AbortController();
      const notYet = setTimeout(longestAnswer, ok(false), { signal: patience.signal });
      const answer = await Promise.race([copying.done, notYet]);
      patience.abort();
      notYet.catch(() => {});
      if (!answer.ok || answer.value) copying = null;
      return answer;
    },
    backedUp(facts) {
      if (facts.epoch !== epoch) return err(failure('bad-request', 'the backup is of another epoch'));
      try {
        noteBackup(database, journal, facts, clock);
        return ok(true);
      } catch (error) {
        return err(failure('storage-failed', `the backup could not be noted: ${reasonOf(error)}`));
      }
    },
  };
}
