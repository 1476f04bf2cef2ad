import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';
import type { DeviceBenches } from './device-page.ts';
import { median, percentile, type Figure } from './measure.ts';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
/** Nothing listens there: the one page is answered from here. Databases need an origin. */
const origin = 'http://localhost:9/';
const times = 9;

/** The device's own part, in a Chromium on this machine's disk; no figures where there is none. */
export async function device(): Promise<Figure[]> {
  if (!existsSync(executablePath)) return [];
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('device-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  });
  const script = bundle.outputFiles[0]?.text ?? '';
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  });
  try {
    const page = await browser.newPage();
    await page.route('**/*', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>bench</title>' }),
    );
    await page.goto(origin);
    await page.addScriptTag({ content: script });
    return await measureIn(page);
  } finally {
    await browser.close();
  }
}

async function measureIn(page: Page): Promise<Figure[]> {
  const run = (name: keyof DeviceBenches, count = 0): Promise<number | void> =>
    page.evaluate<number | void, { of: keyof DeviceBenches; n: number }>(
      ({ of, n }) => (globalThis as unknown as { benches: DeviceBenches }).benches[of](n),
      { of: name, n: count },
    );
  const repeated = async (name: keyof DeviceBenches, count = 0, repeat = times): Promise<number[]> => {
    const samples: number[] = [];
    for (let i = 0; i < repeat; i++) samples.push((await run(name, count)) ?? Number.NaN);
    return samples;
  };
  const stored = await repeated('store', 500, 5);
  await run('prepareStart', 1_000);
  const started = await repeated('start');
  await run('prepareLong', 100_000);
  const opened = await repeated('openLong');
  const grown = await repeated('appendLong');
  const typed = await repeated('appendText', 0, 50);
  return [
    {
      name: 'device stores 500 rooms',
      value: median(stored),
      unit: 'ms',
      how: '5 entries each, as pulled, strict',
    },
    {
      name: 'device starts with 1,000 rooms',
      value: median(started),
      unit: 'ms',
      how: 'closed database to rows of the list',
    },
    {
      name: 'device opens 100,000 messages',
      value: median(opened),
      unit: 'ms',
      how: 'closed database to the newest 100',
    },
    {
      name: 'device takes message 100,001',
      value: median(grown),
      unit: 'ms',
      how: 'entry and folded state on disk',
    },
    { name: 'device saves a keystroke', value: median(typed), unit: 'ms', how: 'strict, median of 50' },
    { name: 'device saves a keystroke', value: percentile(typed, 0.99), unit: 'ms', how: 'slowest of 50' },
  ];
}
