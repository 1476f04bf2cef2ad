import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = dirname(fileURLToPath(new URL('.', import.meta.url)));
const binary = new Set(['.png', '.jpg', '.webp', '.ico', '.gz', '.woff2', '.zip']);
const code = new Set(['.ts', '.js', '.mjs', '.svelte', '.css', '.html']);

const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, encoding: 'utf8' });
// A copy without history (an archive) has nothing that could be committed by mistake.
const files = existsSync(join(root, '.git'))
  ? git('ls-files', '-z')
      .split('\0')
      .filter((file) => file !== '' && existsSync(join(root, file)))
  : [];
const texts = files
  .filter((file) => !binary.has(extname(file)))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
const ours = texts.filter(({ file }) => code.has(extname(file)));

/** `file:line: text` of every line that matches, so that the failure is a list one can click through. */
const linesWith = (pattern: RegExp, among: { file: string; text: string }[]): string[] =>
  among.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );

/** Joined here, so that this file does not contain what it looks for. */
const either = (...parts: string[][]): RegExp => new RegExp(parts.map((part) => part.join('')).join('|'));

test('no committed file names a place of one machine', () => {
  const place = either(['(?:^|[\\s"\'`(=:])/(?:wo', 'rk|ro', 'ot|ho', 'me|t', 'mp)/[\\w.-]']);
  expect(linesWith(place, texts)).toEqual([]);
});

test('no committed file names a package registry', () => {
  const registry = process.env['npm_config_registry'];
  const host = registry ? new URL(registry).host.replaceAll('.', '\\.') : undefined;
  const named = either(
    ['registry\\.npm', 'js\\.org'],
    ['registry\\.yarn', 'pkg\\.com'],
    ...(host ? [[host]] : []),
  );
  expect(linesWith(named, texts)).toEqual([]);
  const lock = texts.filter(({ file }) => file === 'package-lock.json');
  expect(linesWith(/"resolved": "http/, lock)).toEqual([]);
});

test('nothing is left for later, and no check is switched off', () => {
  const excuse = either(
    ['\\bTO', 'DO\\b'],
    ['\\bFIX', 'ME\\b'],
    ['\\bXX', 'X\\b'],
    ['@ts-ig', 'nore'],
    ['@ts-no', 'check'],
    ['eslint-dis', 'able'],
    ['prettier-ig', 'nore'],
    ['\\bas an', 'y\\b(?! \\w)'],
    [':\\s?an', 'y\\b(?! \\w)'],
    ['\\b(?:test|it|describe)\\.on', 'ly\\b'],
  );
  expect(linesWith(excuse, ours)).toEqual([]);
});

test('files are named after their subject', () => {
  const vague = /^(utils?|helpers?|common|misc|\S*manager)\./i;
  expect(files.filter((file) => code.has(extname(file)) && vague.test(basename(file)))).toEqual([]);
});

test('no source file is longer than 500 lines', () => {
  const long = ours.filter(({ text }) => text.split('\n').length > 501).map(({ file }) => file);
  expect(long).toEqual([]);
});
