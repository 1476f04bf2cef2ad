import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { brokenImportRules, importRules } from './support/import-rules.ts';

const root = dirname(fileURLToPath(new URL('.', import.meta.url)));
const folders = ['client', 'server', 'shared', 'scripts', 'tests'];
const samples = realpathSync(mkdtempSync(join(tmpdir(), 'weft-imports-')));
afterAll(() => rmSync(samples, { recursive: true, force: true }));

/** For each rule the smallest trees that break it, as `file: its code | file: its code`. What is imported exists too. */
const breaches: Record<string, string[]> = {
  'shared-stays-neutral': [
    "shared/base/a.ts: import 'node:fs'",
    "shared/base/a.ts: import 'svelte'",
    "shared/base/a.ts: import '../../client/ui/b.ts'",
  ],
  'shared-base-comes-first': ["shared/base/a.ts: import '../access/b.ts'"],
  'shared-protocol-and-access-come-second': [
    "shared/access/a.ts: import '../features/chat/b.ts'",
    "shared/protocol/a.ts: import type { B } from '../documents/b.ts'",
  ],
  'shared-features-come-before-documents': ["shared/features/chat/a.ts: import '../../documents/b.ts'"],
  'shared-features-do-not-call-each-other': ["shared/features/chat/a.ts: import { b } from '../docs/b.ts'"],
  'client-ui-knows-nothing-of-weft': [
    "client/ui/A.svelte: import '../../shared/base/b.ts'",
    "client/ui/a.ts: import '../i18n/b.ts'",
  ],
  'client-data-knows-only-shared': [
    "client/data/a.ts: import '../features/chat/index.ts'",
    "client/data/a.ts: import '../ui/B.svelte'",
    "client/data/a.ts: import './B.svelte'",
  ],
  'client-i18n-knows-only-shared': ["client/i18n/a.ts: import '../data/b.ts'"],
  'client-session-stands-below-pages': ["client/session/a.ts: import '../ui/b.ts'"],
  'client-features-meet-at-their-doors': [
    "client/features/chat/A.svelte: import '../docs/B.svelte'",
    "client/features/chat/a.ts: import '../../app/router.svelte.ts'",
  ],
  'client-app-enters-features-by-their-doors': [
    "client/app/a.ts: export const b = () => import('../features/chat/B.svelte')",
  ],
  'client-app-loads-features-lazily': ["client/app/a.ts: import '../features/chat/index.ts'"],
  'client-main-is-imported-by-nobody': ["client/app/a.ts: import '../main.ts'"],
  'client-guest-stays-small': [
    "client/guest/a.ts: import '../data/storage/idb/open.ts'",
    "client/guest/A.svelte: import '../features/chat/B.svelte'",
  ],
  'client-guest-is-imported-by-nobody': ["client/app/a.ts: import '../guest/b.ts'"],
  'client-uses-no-node-modules': ["client/app/a.ts: import 'node:path'"],
  'client-never-imports-server': ["client/app/a.ts: import type { B } from '../../server/b.ts'"],
  'server-never-imports-client': ["server/a.ts: import '../client/ui/b.ts'"],
  'relay-knows-no-concrete-library': [
    "server/relay/a.ts: import { Hono } from 'hono'",
    "server/relay/a.ts: import 'better-sqlite3'",
  ],
  'relay-knows-no-adapter': ["server/relay/a.ts: import '../storage/sqlite/b.ts'"],
  'nothing-imports-tests': ["server/a.ts: import '../tests/support/b.ts'"],
  'scripts-start-without-dependencies': ["scripts/a.mjs: import 'esbuild'"],
  'no-cycles': [
    "client/ui/a.ts: import './b.ts' | client/ui/b.ts: import './a.ts'",
    "client/ui/A.svelte: import B from './B.svelte' | client/ui/B.svelte: import A from './A.svelte'",
    "shared/base/a.ts: import type { B } from './b.ts' | shared/base/b.ts: import type { A } from './a.ts'",
  ],
};

const cases = Object.entries(breaches).flatMap(([rule, lines]) => lines.map((line) => ({ rule, line })));

function write(folder: string, file: string, code: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.endsWith('.svelte') ? `<script lang="ts">\n${code};\n</script>\n` : `${code};\n`);
}

/** Writes the files of one line and the files they import, and returns the folder. */
function sample(line: string): string {
  const folder = mkdtempSync(join(samples, 'sample-'));
  const files = line.split(' | ').map((part) => part.split(': ', 2) as [string, string]);
  for (const [file, code] of files) write(folder, file, code);
  for (const [file, code] of files) {
    const target = /'(\.[^']+)'/.exec(code)?.[1];
    if (!target) continue;
    const path = join(dirname(file), target);
    if (!existsSync(join(folder, path))) write(folder, path, 'export const b = 1;\nexport type B = number');
  }
  return folder;
}

test('imports follow the order of the folders, without cycles', async () => {
  const present = folders.filter((folder) => existsSync(join(root, folder)));
  const broken = await brokenImportRules(root, present);
  expect(broken.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
}, 60_000);

test('every import rule has a sample that breaks it', () => {
  expect(Object.keys(breaches).sort()).toEqual(importRules.map((rule) => rule.name).sort());
});

test.each(cases.map(({ rule, line }) => [rule, line] as const))('%s refuses %s', async (rule, line) => {
  const folder = sample(line);
  const present = folders.filter((name) => existsSync(join(folder, name)));
  const broken = await brokenImportRules(folder, present);
  expect(broken.map((violation) => violation.rule.name)).toContain(rule);
});
