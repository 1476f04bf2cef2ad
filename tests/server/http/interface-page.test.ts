import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { settingNames } from '../../../server/config.ts';
import { errorTable } from '../../../shared/base/errors.ts';
import { makeApp } from './test-app.ts';

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

test('docs/interface.md names every route', async () => {
  const t = await makeApp();
  const { paths } = (await (await t.send('GET', '/api/openapi.json')).json()) as {
    paths: Record<string, object>;
  };
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods))
      expect(page).toContain(`\`${method.toUpperCase()} ${path.replace(/\{(\w+)\}/, '<$1>')}`);
  await t.close();
});
