import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import { median, percentile, type Figure } from './measure.ts';
import type { SearchBenches } from './search-page.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** Nothing listens there: the one page is answered from here. Databases need an origin. */
const origin = 'http://localhost:9/';
/** Messages on the device. */
const messages = Number(process.env['WEFT_BENCH_MESSAGES'] ?? 1_000_000);
const compared = Math.min(messages, 20_000);
const times = 40;

/** Search over very many messages in a Chromium on this machine's disk; no figures where there is none. */
export async function search(): Promise<Figure[]> {
  if (!existsSync(executablePath)) return [];
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('search-page.ts', import.meta.url))],
    ...{ bundle: true, write: false, format: 'iife', target: 'es2022' },
  });
  const script = bundle.outputFiles[0]?.text ?? '';
  // A profile of its own: without one the browser keeps databases in memory.
  const profile = mkdtempSync(join(tmpdir(), 'weft-search-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(0);
    await page.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>bench</title>' }),
    );
    await page.goto(origin);
    await page.addScriptTag({ content: script });
    return await measureIn(page);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function measureIn(page: Page): Promise<Figure[]> {
  const run = <Name extends keyof SearchBenches>(
    of: Name,
    ...args: Parameters<SearchBenches[Name]>
  ): Promise<Awaited<ReturnType<SearchBenches[Name]>>> =>
    page.evaluate(
      // The page's own functions are reached by name.
      ({ name, given }) =>
        (globalThis as unknown as { benches: Record<string, (...given: unknown[]) => unknown> }).benches[
          name
        ]!(...given) as never,
      { name: of as string, given: args as unknown[] },
    );
  const said = messages.toLocaleString('en');

  const alone = await run('fill', 'alone', compared, false);
  await run('destroy');
  const beside = await run('fill', 'beside', compared, true);
  await run('destroy');

  await run('fillQuickly', 'all', messages);
  const indexed = await run('index');
  const { bytes, segments } = await run('size');
  await run('reopen', 'all');
  const reopened = await run('index');
  await run('reopen', 'all');
  const first = await run('ask', 'a common word', 1, messages);
  const figures: Figure[] = [
    {
      name: 'storing messages while they are indexed',
      value: beside.stored / alone.stored,
      unit: 'times',
      how: `${compared.toLocaleString('en')} messages, against storing them alone`,
    },
    {
      name: 'index build',
      value: messages / (indexed.all / 1000),
      unit: 'messages/s',
      how: `${said} messages`,
    },
    { name: 'index on disk', value: bytes / messages, unit: 'bytes/message', how: `${segments} segments` },
    {
      name: 'index after a reload',
      value: reopened.all,
      unit: 'ms',
      how: 'until it knows that nothing is new',
    },
  ];
  if (indexed.asked.length > 0)
    figures.push({
      name: 'search while the index is made, p95',
      value: percentile(indexed.asked, 0.95),
      unit: 'ms',
      how: `${indexed.asked.length} questions for a common word`,
    });
  figures.push({
    name: 'the first question after a reload',
    value: first.took[0]!,
    unit: 'ms',
    how: 'a common word, nothing of the index in memory',
    target: { most: 200 },
  });
  for (const name of await run('names')) {
    await run('ask', name, 2, messages);
    const { took, found } = await run('ask', name, times, messages);
    const how = `${said} messages, ${times} questions, ${(found / times).toFixed(1)} found each`;
    figures.push(
      { name: `search for ${name}, p50`, value: median(took), unit: 'ms', how },
      {
        name: `search for ${name}, p95`,
        value: percentile(took, 0.95),
        unit: 'ms',
        how,
        target: { most: 200 },
      },
    );
  }
  const fresh: number[] = [];
  for (let i = 0; i < 10; i++) fresh.push(await run('fresh'));
  figures.push({
    name: 'a new message is found',
    value: median(fresh),
    unit: 'ms',
    how: 'stored, indexed and searched for, median of 10',
  });
  return figures;
}
