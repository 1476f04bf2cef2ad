import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { boundNames, boundSetting, boundTable } from '../../../server/bounds.ts';
import { settingNames } from '../../../server/config.ts';
import { errorTable } from '../../../shared/base/errors.ts';
import { makeApp } from './test-app.ts';

const mebi = 1024 * 1024;
const root = new URL('../../../', import.meta.url);
const page = readFileSync(fileURLToPath(new URL('../../../docs/interface.md', import.meta.url)), 'utf8');

test('docs/interface.md names every error code with its status', () => {
  for (const [code, { status }] of Object.entries(errorTable)) {
    expect(page).toContain(`\`${code}\``);
    const told = new RegExp(`^\\| \`${code}\` \\| (\\d+) \\|`, 'm').exec(page)?.[1];
    if (told !== undefined) expect([code, told]).toEqual([code, String(status)]);
  }
});

test('docs/interface.md names every setting', () => {
  for (const name of settingNames) expect(page).toContain(`\`${name}\``);
});

test('docs/interface.md has the default of every bound', () => {
  for (const bound of boundNames) {
    const { initial, unit } = boundTable[bound];
    const number =
      unit === 'bytes' ? (initial < mebi ? `${initial / 1024} KiB` : `${initial / mebi} MiB`) : '';
    const shown = number || initial.toLocaleString('en') + (unit === 'milliseconds' ? ' ms' : '');
    const row = page
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`\`${boundSetting(bound)}\``));
    expect([bound, row?.split('|')[2]?.includes(shown)]).toEqual([bound, true]);
  }
});

test('docs/security.md names only files that are there', () => {
  const security = readFileSync(fileURLToPath(new URL('docs/security.md', root)), 'utf8');
  const named = [...security.matchAll(/`((?:tests|server|shared|client|docs)\/[\w./-]+)`/g)].map(
    ([, path]) => path!,
  );
  expect(named.length).toBeGreaterThan(30);
  for (const path of named)
    expect([path, existsSync(fileURLToPath(new URL(path, root)))]).toEqual([path, true]);
});

test('docs/interface.md names every route', async () => {
  const t = await makeApp();
  const { paths } = (await (await t.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, object>;
  };
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods))
      expect(page).toContain(`\`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, '<$1>')}`);
  await t.close();
});
