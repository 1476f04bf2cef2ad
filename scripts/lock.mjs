import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './command.mjs';

/** @param {string} file */
function ownerIsGone(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0);
    return false;
  } catch (error) {
    // EPERM: alive, but somebody else's.
    return !(error instanceof Error && 'code' in error && error.code === 'EPERM');
  }
}

/**
 * Lets one process at a time do a piece of work on this checkout: `npm start` and `npm test` begun together must not
 * install or build into the same folder. The lock lies outside the checkout, since an install empties node_modules.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(name, work) {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const file = join(tmpdir(), `weft-${key}-${name}.lock`);
  for (let told = false; ;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      if (ownerIsGone(file)) {
        rmSync(file, { force: true });
        continue;
      }
      if (!told) console.log(`Waiting for another process that does the same (${name}) …`);
      told = true;
      await delay(250);
    }
  }
  const release = () => rmSync(file, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
