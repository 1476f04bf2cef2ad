import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../../shared/base/clock.ts';
import type { HandedRow } from '../../shared/protocol/messages.ts';
import { createSqliteAuthStore } from '../auth/sqlite-auth-store.ts';
import { createReceipts } from '../relay/receipts.ts';
import { createRelay } from '../relay/relay.ts';
import { openDatabase, type SqliteDatabase } from '../storage/sqlite/open.ts';
import { createSqliteStore } from '../storage/sqlite/store.ts';
import { StorageError } from '../storage/storage-error.ts';
import { BackupError, reasonOf } from './backup-error.ts';
import { openAsItIs } from './copy-database.ts';
import { beginEpoch, type NewEpoch } from './epoch.ts';
import {
  isCompleteSince,
  newerThan,
  openJournal,
  readJournal,
  syncFolder,
  type JournalLine,
} from './journal.ts';
import { entryOf, revokedByRoom } from './journalled.ts';
import { hashOf, readManifest, type Manifest } from './manifest.ts';
import { isSound, sumIn } from '../storage/sqlite/summed.ts';
import { copyPictures } from './pictures.ts';
import { unfinishedRestore } from './folder-files.ts';
import { verifyDatabase } from './verify.ts';

export interface RestoreWish {
  /** The folder of one backup. */
  readonly from: string;
  /** The data folder. */
  readonly data: string;
  /** The journal of revocations: what it has that is newer than the backup is applied to it. */
  readonly revocations: string;
  /** Whether what lies in the data folder may be moved aside. */
  readonly replace: boolean;
  readonly version: string;
  readonly clock: Clock;
}

export interface Restored extends NewEpoch {
  readonly manifest: Manifest;
  /** Where the former content of the data folder lies now; null when there was none. */
  readonly aside: string | null;
  /** What the journal brought back, by kind; null when the journal does not reach back to the backup. */
  readonly revoked: Revoked | null;
  /** Pictures that the backup does not have. */
  readonly missingPictures: number;
}

export interface Revoked {
  readonly entries: number;
  readonly sessions: number;
  readonly invitations: number;
  readonly passwords: number;
  /** People who joined after the backup. */
  readonly accounts: number;
}

const asidePrefix = 'replaced-';
/** What is moved aside, or made by the restore itself. The journal stays where it is: it goes on. */
const ownNames = ['weft.db', 'weft.db-wal', 'weft.db-shm', 'weft.db-journal', 'blobs', 'relay.json'];

/** Client ids that can have been given by then; ids rise with time. */
const idsPerMillisecond = 2 ** 11;

/** @throws BackupError */
async function verifyBackup(from: string): Promise<Manifest> {
  const manifest = readManifest(from);
  const file = join(from, 'weft.db');
  if (!existsSync(file)) throw new BackupError(`${from} is damaged: it has no weft.db.`);
  if ((await hashOf(file)) !== manifest.database.sha256)
    throw new BackupError(`${from} is damaged: weft.db is not the one that was backed up.`);
  return manifest;
}

const contentOf = (data: string): string[] =>
  existsSync(data) ? readdirSync(data).filter((name) => ownNames.includes(name)) : [];

/** The highest client id that the database to be replaced has given, if it can still say. */
function highestLeaseIn(data: string): number {
  const file = join(data, 'weft.db');
  if (!existsSync(file)) return 0;
  let database: SqliteDatabase | null = null;
  try {
    database = openAsItIs(file);
    return database.prepare<[], number | null>('SELECT max(client) FROM leases').pluck().get() ?? 0;
  } catch (error) {
    if (error instanceof StorageError && error.reason === 'locked')
      throw new BackupError(`A relay is using ${data}; stop it first.`);
    // It is being replaced because it is damaged, most likely.
    return 0;
  } finally {
    database?.close();
  }
}

function applyToAccounts(database: SqliteDatabase, lines: readonly JournalLine[]): Omit<Revoked, 'entries'> {
  const store = createSqliteAuthStore(database);
  const setUses = database.prepare('UPDATE invitations SET uses = max(uses, ?) WHERE id = ?');
  const seal = database.prepare(`UPDATE invitations SET sum = ${sumIn('invitations')} WHERE id = ?`);
  const endSession = database.prepare('DELETE FROM sessions WHERE id = ?');
  const done = { sessions: 0, invitations: new Set<string>(), passwords: 0, accounts: 0 };
  database
    .transaction(() => {
      for (const line of lines)
        if (line.kind === 'session') done.sessions += endSession.run(line.id).changes;
        else if (line.kind === 'password') {
          store.setPassword(line.member, line.password);
          done.passwords++;
        } else if (line.kind === 'account' && store.accountOf(line.member)?.email !== line.email) {
          const former = store.accountByEmail(line.email);
          if (former) store.deleteAccount(former.member);
          // Somebody who left and came back with another address.
          store.deleteAccount(line.member);
          const { member, email, password, createdAt } = line;
          store.insertAccount({ member, email, password, createdAt });
          done.accounts++;
        } else if (line.kind === 'invitation' && store.invitation(line.id)) {
          setUses.run(line.uses, line.id);
          seal.run(line.id);
          if (line.revokedAt !== null) store.revokeInvitation(line.id, line.revokedAt);
          done.invitations.add(line.id);
        }
    })
    .immediate();
  return { ...done, invitations: done.invitations.size };
}

/** Nobody knows who was sent away since the backup: everybody signs in again, and open invitations are void. */
function endEverything(database: SqliteDatabase, now: number): void {
  database.prepare('DELETE FROM sessions').run();
  database
    .prepare(`UPDATE invitations SET revoked_at = ? WHERE revoked_at IS NULL AND ${isSound('invitations')}`)
    .run(now);
  database.prepare(`UPDATE invitations SET sum = ${sumIn('invitations')} WHERE revoked_at = ?`).run(now);
}

/** Entries of the journal come back as if a device had handed them back. */
async function applyToRooms(
  database: SqliteDatabase,
  lines: readonly JournalLine[],
  { version, clock }: RestoreWish,
): Promise<number> {
  const store = createSqliteStore(database);
  const relay = createRelay({ store, version, clock, revoked: revokedByRoom(lines) });
  const receipts = createReceipts(store.receiptKey);
  const rows: HandedRow[] = lines.flatMap((line) => {
    if (line.kind !== 'entry') return [];
    const [entry] = entryOf(line);
    const row = { room: line.room, by: line.by, at: line.made, bytes: Buffer.from(line.bytes, 'base64') };
    return entry ? [receipts.seal({ ...row, seq: entry.seq, cursor: 0 })] : [];
  });
  let taken = 0;
  for (let from = 0; from < rows.length; from += atOnce) {
    const results = await relay.takeBack(rows.slice(from, from + atOnce));
    taken += results.filter((result) => result === 'taken').length;
  }
  await relay.stop();
  return taken;
}
const atOnce = 500;

/**
 * Puts a backup into a data folder whose relay is stopped, as a new epoch: what was revoked since it was taken stays
 * revoked, as far as the journal of revocations says. What lay in the folder is moved aside, never deleted.
 * @throws BackupError; the folder is as it was then, or says that a restore was not finished
 */
export async function restoreBackup(wish: RestoreWish): Promise<Restored> {
  const [from, data, journalFile] = [resolve(wish.from), resolve(wish.data), resolve(wish.revocations)];
  const { clock } = wish;
  try {
    const manifest = await verifyBackup(from);
    const staging = unfinishedRestore(data);
    if (!wish.replace && (contentOf(data).length > 0 || existsSync(staging)))
      throw new BackupError(
        `${data} is not empty. With --replace what is in it is moved aside into a folder in it, and nothing is deleted.`,
      );
    const highestLease = highestLeaseIn(data);
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true, mode: 0o700 });

    const journal = readJournal(journalFile);
    const complete = journal !== null && isCompleteSince(journal, manifest.mark);
    const file = join(staging, 'weft.db');
    await copyFile(join(from, 'weft.db'), file);
    const facts = verifyDatabase(file);
    const pictures = await copyPictures(facts.pictures, {
      from: join(from, 'blobs'),
      to: join(staging, 'blobs'),
      linked: null,
    });

    const last = Math.max(manifest.at, ...(journal?.lines ?? []).map(({ at }) => at), clock.now());
    const earlier = facts.epochs.map(({ epoch }) => epoch);
    const lines = newerThan(journal?.lines ?? [], { epoch: facts.epoch, cursor: facts.head, earlier });
    const database = openDatabase(file, { durability: 'full' });
    let epoch: NewEpoch;
    let revoked: Revoked;
    try {
      epoch = beginEpoch(database, Math.max(highestLease, last * idsPerMillisecond));
      const accounts = applyToAccounts(database, lines);
      if (!complete) endEverything(database, clock.now());
      revoked = { entries: await applyToRooms(database, lines, wish), ...accounts };
      database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      database.close();
    }
    await syncFile(file);
    syncFolder(staging);

    const aside = moveAside(data, clock.now());
    renameSync(join(staging, 'blobs'), join(data, 'blobs'));
    // Last: with it the folder is a workspace.
    renameSync(file, join(data, 'weft.db'));
    syncFolder(data);
    if (!existsSync(journalFile) && existsSync(join(from, 'revocations.log')))
      await copyFile(join(from, 'revocations.log'), journalFile);
    if (!complete) {
      const going = openJournal(journalFile);
      going.append([{ kind: 'gap' }], { epoch: epoch.epoch, cursor: facts.head }, clock.now());
      going.close();
    }
    rmSync(staging, { recursive: true });
    syncFolder(data);
    const missingPictures = pictures.missing.length;
    return { ...epoch, manifest, aside, revoked: complete ? revoked : null, missingPictures };
  } catch (error) {
    if (error instanceof BackupError) throw error;
    throw new BackupError(`The backup could not be restored: ${reasonOf(error)}.`);
  }
}

function moveAside(data: string, now: number): string | null {
  const names = contentOf(data);
  if (names.length === 0) return null;
  const name = asidePrefix + new Date(now).toISOString().replaceAll(':', '-');
  const aside = join(data, name);
  mkdirSync(aside, { mode: 0o700 });
  for (const each of names) renameSync(join(data, each), join(aside, each));
  syncFolder(aside);
  syncFolder(data);
  return aside;
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}
