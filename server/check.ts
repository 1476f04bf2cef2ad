import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { finish, optionsOf, placesOf, say } from './command-line.ts';
import { asFolderError, FolderError } from './folder-error.ts';
import { checkDatabase } from './storage/sqlite/check.ts';
import { asStorageError } from './storage/sqlite/guard.ts';
import { openDatabase } from './storage/sqlite/open.ts';
import { StorageError } from './storage/storage-error.ts';

const usage = `npm run check -- [--data <folder>]
Reads everything in a data folder whose relay is stopped; status 1 says that something is damaged.`;

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** Pictures whose bytes are not those of their name. */
async function damagedPictures(
  folder: string,
): Promise<{ readonly all: number; readonly damaged: string[] }> {
  const damaged: string[] = [];
  let all = 0;
  const shelves = existsSync(folder) ? readdirSync(folder).filter((name) => name.length === 2) : [];
  for (const shelf of shelves)
    for (const name of readdirSync(join(folder, shelf))) {
      all++;
      if ((await hashOf(join(folder, shelf, name))) !== name) damaged.push(name);
    }
  return { all, damaged };
}

/** Reads all of a stopped data folder, says what is not as it was stored, and gives how much that is. */
async function check(data: string): Promise<number> {
  const file = join(data, 'weft.db');
  if (!existsSync(file)) throw new FolderError(`There is no database in ${data}.`);
  const database = openDatabase(file, { durability: 'full' });
  const { rooms, rows, damage } = checkDatabase(database);
  database.close();
  const pictures = await damagedPictures(join(data, 'blobs'));
  for (const { room, what } of damage) say(room ? `damaged room ${room}: ${what}` : `damaged: ${what}`);
  for (const name of pictures.damaged) say(`damaged picture ${name}`);
  const found = damage.length + pictures.damaged.length;
  say(`${rooms} rooms with ${rows} rows and ${pictures.all} pictures read; ${found} damaged`);
  return found;
}

async function run(): Promise<void> {
  const { data } = placesOf(optionsOf({ data: { type: 'string' } }, usage).data);
  try {
    process.exitCode = (await check(data)) > 0 ? 1 : 0;
  } catch (error) {
    const known = asStorageError(error);
    if (!(known instanceof StorageError && known.reason === 'damaged')) throw asFolderError(error, data);
    say(`damaged: ${known.message}`);
    process.exitCode = 1;
  }
}

finish(run());
