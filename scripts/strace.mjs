import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { run } from './command.mjs';

const isHere = () => !spawnSync('strace', ['-V']).error;

/** The program that makes system calls fail for the tests of storage: from Debian's packages where that is possible. */
export async function ensureStrace() {
  if (process.platform !== 'linux' || isHere()) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  console.log('Installing strace for the tests of a failing disk …');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'strace'], { env });
}
