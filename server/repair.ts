import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RoomId } from '../shared/base/ids.ts';
import { optionsOf, placesOf, refuse, say } from './command-line.ts';
import { asFolderError, FolderError } from './folder-error.ts';
import { checkDatabase } from './storage/sqlite/check.ts';
import { rebuildBroadcasts } from './storage/sqlite/broadcasts.ts';
import { rebuildCustomers } from './storage/sqlite/customers-rebuild.ts';
import { beginEpochAt } from './storage/sqlite/epoch.ts';
import { asStorageError } from './storage/sqlite/guard.ts';
import { openDatabase, type SqliteDatabase } from './storage/sqlite/open.ts';
import { rebuildDatabase } from './storage/sqlite/rebuild.ts';
import { repairRoom } from './storage/sqlite/repair.ts';
import { createSqliteStore } from './storage/sqlite/store.ts';
import { logDamage } from './storage/sqlite/wal.ts';
import { StorageError } from './storage/storage-error.ts';

const usage = `npm run repair -- [--room <room>] … [--data <folder>]
Sets aside what is damaged in these rooms, or in all that are, in a folder whose relay is stopped. Make a copy of it first.`;

/** Opens the database as far as its write-ahead log can be read; what cannot be is kept beside it. */
function openDamaged(
  file: string,
  stamp: string,
): { readonly database: SqliteDatabase; readonly isCut: boolean } {
  const log = `${file}-wal`;
  const isCut = logDamage(log) !== null;
  if (isCut) {
    copyFileSync(log, `${log}.${stamp}`);
    say(
      `The write-ahead log is damaged; it is kept as ${log}.${stamp}, and the database ends before the damage.`,
    );
  }
  return { database: openDatabase(file, { durability: 'full', damagedLog: 'cut' }), isCut };
}

/** A file whose pages are damaged is not written to: all that can be read of it becomes a new one. */
function withSoundPages(database: SqliteDatabase, file: string, stamp: string): SqliteDatabase {
  if (database.pragma('integrity_check(1)', { simple: true }) === 'ok') return database;
  const next = `${file}.new`;
  rmSync(next, { force: true });
  rebuildDatabase(database, next);
  database.close();
  renameSync(file, `${file}.${stamp}`);
  renameSync(next, file);
  say(
    `Pages of the database are damaged; it is kept as ${file}.${stamp}, and a new one has what can be read of it.`,
  );
  return openDatabase(file, { durability: 'full' });
}

function repair(data: string, wanted: readonly string[] | null): number {
  const file = join(data, 'weft.db');
  if (!existsSync(file)) refuse(`There is no database in ${data}.`);
  const now = Date.now();
  const stamp = `damaged-${now}`;
  const opened = openDamaged(file, stamp);
  const database = withSoundPages(opened.database, file, stamp);
  try {
    const isSound = !opened.isCut && database === opened.database;
    const before = checkDatabase(database).damage;
    const damaged = new Set(before.flatMap(({ room }) => room ?? []));
    const chosen = [...damaged].filter((room) => wanted?.includes(room) ?? true);
    for (const room of wanted ?? []) if (!damaged.has(room as RoomId)) say(`${room}: nothing is damaged`);
    for (const room of chosen)
      say(`${room}: ${repairRoom(database, room, now).setAside.length} rows set aside`);
    if (chosen.length === 0 && opened.isCut) beginEpochAt(database, createSqliteStore(database).head());
    // They follow from the logs, which are whole again.
    if (before.length > 0 || !isSound) {
      rebuildCustomers(database);
      rebuildBroadcasts(database);
    }
    const left = checkDatabase(database).damage;
    if (isSound && !wanted && before.length === 0 && left.length === 0) say('Nothing is damaged.');
    for (const { room, what } of left)
      say(room ? `still damaged: ${room} (${what})` : `still damaged: ${what}`);
    if (chosen.length > 0 || opened.isCut)
      say('Devices hand back what they hold of it when they come to the relay again.');
    return left.length;
  } finally {
    database.close();
  }
}

const options = { room: { type: 'string', multiple: true }, data: { type: 'string' } } as const;
const wanted = optionsOf(options, usage);
const { data } = placesOf(wanted.data);
try {
  process.exitCode = repair(data, wanted.room ?? null) > 0 ? 1 : 0;
} catch (error) {
  const known = asStorageError(error);
  if (known instanceof StorageError && known.reason === 'damaged')
    refuse(`It could not be repaired: ${known.message}. Restore a backup.`);
  const told = asFolderError(error, data);
  if (told instanceof FolderError) refuse(told.message);
  throw told;
}
