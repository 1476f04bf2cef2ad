import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { firstScreen, guestScripts, type Weight } from '../support/bundle-budget.ts';

/** Scripts and styles before the first screen, after gzip. */
const budget = 170_000;
/** All scripts of the guest's page: opened on a phone, on any network, by somebody who may never come back. */
const guestBudget = 60_000;
const client = fileURLToPath(new URL('../../dist/client', import.meta.url));

function expectAtMost(parts: readonly Weight[], most: number): void {
  const table = parts
    .map(({ file, gzip }) => `${(gzip / 1000).toFixed(1).padStart(7)} kB  ${file}`)
    .join('\n');
  const total = parts.reduce((sum, part) => sum + part.gzip, 0);
  expect(parts.some(({ file }) => file.endsWith('.js'))).toBe(true);
  expect(total, `too heavy:\n${table}`).toBeLessThanOrEqual(most);
}

test('what loads before the first screen weighs at most 170 kB', () => {
  expectAtMost(firstScreen(client), budget);
});

test('all scripts of the guest’s page weigh at most 60 kB', () => {
  expectAtMost(guestScripts(client), guestBudget);
});

test('the editor loads when a document is opened, not before', () => {
  const scripts = firstScreen(client).filter(({ file }) => file.endsWith('.js'));
  // The name of its elements' class is in the editor's own code, however files are called.
  const withEditor = scripts.filter(({ file }) =>
    readFileSync(join(client, file), 'utf8').includes('ProseMirror-'),
  );
  expect(withEditor).toEqual([]);
});
