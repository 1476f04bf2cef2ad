import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { copyFile, open, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../../shared/base/clock.ts';
import { StorageError } from '../storage/storage-error.ts';
import { BackupError, reasonOf } from './backup-error.ts';
import { copyDatabase, openAsItIs } from './copy-database.ts';
import { openJournal, syncFolder } from './journal.ts';
import { hashOf, manifestFile, type Manifest } from './manifest.ts';
import { noteBackup, type BackedUp } from './operator.ts';
import { copyPictures } from './pictures.ts';
import { readRelayFile } from './folder-files.ts';
import { verifyDatabase } from './verify.ts';

export interface BackupWish {
  /** The data folder. */
  readonly data: string;
  /** Where backups lie: this one becomes a new folder in it. */
  readonly to: string;
  /** The journal of revocations. */
  readonly revocations: string;
  /** The Weft that makes it. */
  readonly version: string;
  readonly clock: Clock;
  /** Who has the database open, where that is known; else whoever is found. */
  readonly source?: Source;
}

export interface Backup {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether a relay was running meanwhile. */
  readonly running: boolean;
}

/** Whoever has the database open: a running relay, or this process. */
export interface Source {
  readonly running: boolean;
  copyTo(file: string): Promise<void>;
  noted(facts: BackedUp): Promise<void>;
  close(): void;
}

/** Null when no relay answers there. */
async function runningRelay(data: string): Promise<Source | null> {
  const relay = readRelayFile(data);
  if (!relay) return null;
  const ask = async (path: string, body: unknown): Promise<Response> => {
    const answer = await fetch(`${relay.address}/operator/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${relay.secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.ok) return answer;
    const said = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
    throw new BackupError(`The relay could not do it: ${said?.error?.message ?? `status ${answer.status}`}.`);
  };
  try {
    await ask('hello', {});
  } catch {
    return null;
  }
  return {
    running: true,
    async copyTo(file) {
      for (let done = false; !done;)
        ({ done } = (await (await ask('copy', { file })).json()) as { done: boolean });
    },
    noted: async (facts) => void (await ask('backed-up', facts)),
    close: () => {},
  };
}

function stoppedRelay({ data, revocations, clock }: BackupWish): Source {
  const file = join(data, 'weft.db');
  if (!existsSync(file)) throw new BackupError(`There is no workspace in ${data}.`);
  const database = openAsItIs(file);
  return {
    running: false,
    copyTo: (to) => copyDatabase(database, to),
    noted(facts) {
      const journal = openJournal(revocations);
      noteBackup(database, journal, facts, clock);
      journal.close();
      return Promise.resolve();
    },
    close: () => void database.close(),
  };
}

async function openSource(wish: BackupWish): Promise<Source> {
  const running = await runningRelay(wish.data);
  if (running) return running;
  try {
    return stoppedRelay(wish);
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'locked')
      throw new BackupError(`A relay has ${wish.data} open and does not answer; is it starting or stopping?`);
    throw error;
  }
}

const unfinished = '.unfinished-';

/** The newest finished backup in the folder, whose pictures this one may share. */
export function newestBackup(to: string): string | null {
  const names = readdirSync(to).filter(
    (name) => !name.startsWith('.') && existsSync(manifestFile(join(to, name))),
  );
  const newest = names.sort().at(-1);
  return newest === undefined ? null : join(to, newest);
}

function nameFor(to: string, at: number): string {
  const name = new Date(at).toISOString().replace(/\.\d+/, '').replaceAll(':', '-');
  for (let n = 1; ; n++) {
    const tried = n === 1 ? name : `${name}-${String(n).padStart(3, '0')}`;
    if (!existsSync(join(to, tried))) return tried;
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  const handle = await open(file, 'r+');
  await handle.sync().finally(() => handle.close());
}

async function make(wish: BackupWish): Promise<Backup> {
  const { version, clock } = wish;
  const [data, to] = [resolve(wish.data), resolve(wish.to)];
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const source = wish.source ?? (await openSource({ ...wish, data }));
  const temporary = join(to, unfinished + randomUUID());
  try {
    mkdirSync(temporary, { mode: 0o700 });
    const database = join(temporary, 'weft.db');
    await source.copyTo(database);
    const at = clock.now();
    const facts = verifyDatabase(database);
    const before = newestBackup(to);
    const pictures = await copyPictures(facts.pictures, {
      from: join(data, 'blobs'),
      to: join(temporary, 'blobs'),
      linked: before && join(before, 'blobs'),
    });
    // Without the mark of this backup: a copy does not know what comes after it.
    if (existsSync(wish.revocations)) await copyFile(wish.revocations, join(temporary, 'revocations.log'));
    const mark = randomUUID();
    const manifest: Manifest = {
      format: 1,
      workspace: facts.workspace,
      epoch: facts.epoch,
      head: facts.head,
      mark,
      at,
      version,
      database: { sha256: await hashOf(database), bytes: statSync(database).size, rows: facts.rows },
      pictures,
    };
    await writeDurably(manifestFile(temporary), `${JSON.stringify(manifest, null, 2)}\n`);
    syncFolder(temporary);
    const folder = join(to, nameFor(to, at));
    renameSync(temporary, folder);
    syncFolder(to);
    await source.noted({ epoch: facts.epoch, cursor: facts.head, mark });
    return { folder, manifest, running: source.running };
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  } finally {
    source.close();
  }
}

/**
 * Makes a backup of a data folder, whether its relay runs or not. It is read whole before it gets its name, so that a
 * folder with a name is a backup and nothing else is.
 * @throws BackupError; nothing is left behind then
 */
export async function backUp(wish: BackupWish): Promise<Backup> {
  try {
    return await make(wish);
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`The backup could not be made: ${reasonOf(error)}.`);
  }
}
