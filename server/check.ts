import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readConfig } from './config.ts';
import { checkDatabase } from './storage/sqlite/check.ts';
import { asStorageError } from './storage/sqlite/guard.ts';
import { openDatabase } from './storage/sqlite/open.ts';
import { StorageError } from './storage/storage-error.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

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
  if (!existsSync(file)) {
    say(`There is no database in ${data}.`);
    return 1;
  }
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

const read = readConfig(process.env);
if (!read.ok) {
  process.stderr.write(`${read.error}\n`);
  process.exit(2);
}
check(read.value.config.data).then(
  (found) => (process.exitCode = found > 0 ? 1 : 0),
  (error: unknown) => {
    const known = asStorageError(error);
    if (known instanceof StorageError && known.reason === 'damaged') say(`damaged: ${known.message}`);
    else process.stderr.write(`${known instanceof Error ? known.message : String(known)}\n`);
    process.exitCode = known instanceof StorageError && known.reason === 'damaged' ? 1 : 2;
  },
);
