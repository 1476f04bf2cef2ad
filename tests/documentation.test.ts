import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import packageFile from '../package.json' with { type: 'json' };

const root = dirname(fileURLToPath(new URL('.', import.meta.url)));

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'shared/protocol/PROTOCOL.md',
  'tests/README.md',
  'tests/data/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].map((page) => ({ page, text: readFileSync(join(root, page), 'utf8') }));

/** `page: what it names` for everything of a pattern's first group that is not there. */
const missing = (pattern: RegExp, isThere: (named: string) => boolean): string[] =>
  pages.flatMap(({ page, text }) =>
    [...text.matchAll(pattern)]
      .map((match) => match[1] ?? '')
      .filter((named) => !isThere(named))
      .map((named) => `${page}: ${named}`),
  );

test('every command that a page names is one', () => {
  expect(missing(/npm run ([\w:]+)/g, (name) => Object.hasOwn(packageFile.scripts, name))).toEqual([]);
});

test('every command is named on a page', () => {
  const all = pages.map(({ text }) => text).join('\n');
  const named = new Set([...all.matchAll(/npm (?:run )?([\w:]+)/g)].map((match) => match[1]));
  expect(Object.keys(packageFile.scripts).filter((name) => !named.has(name))).toEqual([]);
});

test('every file and folder that a page names in full is there', () => {
  const path = /(?<![\w./-])((?:client|server|shared|tests|scripts|docs)\/[\w./*<>-]*[\w/*>])/g;
  const isPattern = (named: string): boolean => /[*<>]/.test(named);
  expect(missing(path, (named) => isPattern(named) || existsSync(join(root, named)))).toEqual([]);
});
