import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveUp, root, run, wasStopped } from './command.mjs';
import { alone } from './lock.mjs';

const lockfile = join(root, 'package-lock.json');
const installed = join(root, 'node_modules', '.package-lock.json');
const mark = join(root, 'node_modules', '.weft-lock');

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean }} Package */

/**
 * @param {string} file
 * @returns {Record<string, Package>}
 */
const packagesIn = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {};

/** What the folder was installed for: the lockfile, and the Node whose binary interface was compiled against. */
const wanted = () =>
  `${createHash('sha256').update(readFileSync(lockfile)).digest('hex')} ${process.versions.modules}`;

/** Whether npm's own record of node_modules names just the versions of the lockfile, as after a plain `npm install`. */
function matchesLockfile() {
  if (!existsSync(installed)) return false;
  const have = packagesIn(installed);
  return Object.entries(packagesIn(lockfile)).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    const other = have[path];
    return other ? other.version === version : Boolean(optional || devOptional);
  });
}

function isCurrent() {
  const want = wanted();
  if (existsSync(mark)) {
    const had = readFileSync(mark, 'utf8').trim();
    if (had === want) return existsSync(installed);
    if (had.split(' ')[1] !== process.versions.modules) return false;
  }
  if (!matchesLockfile()) return false;
  writeFileSync(mark, `${want}\n`);
  return true;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    giveUp(`Weft needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

/** Brings node_modules to exactly what package-lock.json says; does nothing when it is there already. */
export async function ensureInstalled() {
  checkNode();
  if (!existsSync(lockfile)) giveUp('package-lock.json is missing: this is not a complete copy of Weft.');
  if (isCurrent()) return;
  await alone('install', async () => {
    if (isCurrent()) return;
    console.log('Installing dependencies (some minutes the first time: SQLite may have to be compiled) …');
    const { status } = await run('npm', ['ci', '--no-audit', '--no-fund', '--include=dev']);
    if (wasStopped()) process.exit(status);
    if (status !== 0)
      giveUp(
        `The dependencies could not be installed (npm ci ended with ${status}; its own words are above). ` +
          'It needs the npm registry once, and a C++ compiler with Python where SQLite comes without a ready binary.',
      );
    writeFileSync(mark, `${wanted()}\n`);
  });
}
