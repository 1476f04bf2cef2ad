import { existsSync } from 'node:fs';
import { run } from './command.mjs';

const usual = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Where a Chromium is that the browser tests may drive; CHROMIUM in the environment comes first. */
export function findChromium() {
  const named = process.env['CHROMIUM'];
  return (named ? [named] : usual).find((path) => existsSync(path));
}

/**
 * The system's Chromium, installed from Debian's packages where that is possible (as root, with apt-get).
 * Chinese letters need a font of their own, or screenshots show boxes.
 * @returns {Promise<string | undefined>} its path; undefined when there is none and none can be installed
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  console.log('Installing Chromium for the browser tests …');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-cjk'];
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', install, { env });
  return findChromium();
}
