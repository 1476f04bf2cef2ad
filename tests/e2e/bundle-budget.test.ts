import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { firstScreen } from '../support/bundle-budget.ts';

/** Scripts and styles before the first screen, after gzip. */
const budget = 170_000;
const client = fileURLToPath(new URL('../../dist/client', import.meta.url));

test('what loads before the first screen weighs at most 170 kB', () => {
  const parts = firstScreen(client);
  const table = parts
    .map(({ file, gzip }) => `${(gzip / 1000).toFixed(1).padStart(7)} kB  ${file}`)
    .join('\n');
  const total = parts.reduce((sum, part) => sum + part.gzip, 0);
  expect(parts.some(({ file }) => file.endsWith('.js'))).toBe(true);
  expect(total, `too heavy:\n${table}`).toBeLessThanOrEqual(budget);
});

test('the editor loads when a document is opened, not before', () => {
  const scripts = firstScreen(client).filter(({ file }) => file.endsWith('.js'));
  // The name of its elements' class is in the editor's own code, however files are called.
  const withEditor = scripts.filter(({ file }) =>
    readFileSync(join(client, file), 'utf8').includes('ProseMirror-'),
  );
  expect(withEditor).toEqual([]);
});
