import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { MemberId } from '../../shared/base/ids.ts';
import { fillCustomers } from '../support/full-customers.ts';
import { accounts } from '../support/journey.ts';
import { Person } from '../support/person.ts';
import { startRelay } from '../support/relay-process.ts';
import { noted } from './conversations.ts';
import { allIsHere, hasBrowser, signInTo } from './large-world.ts';
import { median, percentile, type Figure } from './measure.ts';

const followUps = 20;
const messages = 10;
const starts = 5;
const times = 5;
/** As long as somebody has the app open before it is opened again: what makes its next start quick is put together then. Milliseconds. */
const openFor = 60_000;

/* What runs in the page, as texts: the loader of this program would put calls of its own into functions. */
const list = `document.querySelector('[role="list"][aria-label="Customers"]')`;

/** The frame that draws it has ended when the next one begins. */
const whenDrawn = (condition: string, then: string): string => `
  const look = () => {
    if (${condition}) requestAnimationFrame(() => { ${then} });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

const noteFirstRows = whenDrawn(
  `${list}?.querySelector('a[href^="/customers/"]')`,
  'globalThis.firstRows = performance.now();',
);

/** From the next event of this name on, until the condition holds. */
const noteFrom = (event: string, condition: string): string => `
  globalThis.drawn = undefined;
  addEventListener('${event}', () => {
    const began = performance.now();
    ${whenDrawn(condition, 'globalThis.drawn = performance.now() - began;')}
  }, { capture: true, once: true });
`;

const record = `
  globalThis.frames = [];
  globalThis.tasks = [];
  globalThis.recording = true;
  globalThis.watcher = new PerformanceObserver((seen) => {
    for (const task of seen.getEntries()) globalThis.tasks.push(task.duration);
  });
  globalThis.watcher.observe({ type: 'longtask' });
  let before = performance.now();
  const frame = (now) => {
    globalThis.frames.push(now - before);
    before = now;
    if (globalThis.recording) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
`;

interface Recorded {
  readonly frames: readonly number[];
  readonly tasks: readonly number[];
}

async function recorded(page: Page, work: () => Promise<void>): Promise<Recorded> {
  await page.evaluate(record);
  await work();
  return await page.evaluate(`(() => {
    globalThis.recording = false;
    globalThis.watcher.disconnect();
    return { frames: globalThis.frames, tasks: globalThis.tasks };
  })()`);
}

const settled = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Network and sync: Saved' }).waitFor({ timeout: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 4_000));
};

/** Somebody who writes 10 letters per second. */
async function write(page: Page, words: string): Promise<void> {
  for (const letter of words) {
    await page.keyboard.type(letter);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One seller with 10,000 customers, in a real browser. */
export async function customers(): Promise<Figure[]> {
  if (!hasBrowser()) return [];
  const count = Number(process.env['WEFT_BENCH_CUSTOMERS'] ?? 10_000);
  const what = `${count} customers of one person, ${followUps} follow-ups each`;
  const folder = mkdtempSync(join(tmpdir(), 'weft-customers-'));
  try {
    const empty = await startRelay({ data: folder });
    const [ann, bo] = await accounts(empty.address, 'Ann', 'Bo');
    await empty.stop();
    const [owner, helper] = [ann.member.id as MemberId, bo.member.id as MemberId];
    fillCustomers({ folder, owner, helper, count, followUps, messages, until: Date.now() });
    const relay = await startRelay({ data: folder, env: { WEFT_LOG: 'warn' } });
    const person = new Person('Ann', relay.port, {});
    try {
      await person.line.plugIn();
      await person.begin();
      await signInTo(person, ann);
      await allIsHere(person.page);
      // What was fetched is put together behind a start that finds everything here.
      await person.open('/customers');
      await settled(person.page);
      await new Promise((resolve) => setTimeout(resolve, openFor));

      await person.page.addInitScript({ content: noteFirstRows });
      const starting: number[] = [];
      for (let start = 0; start < starts; start++) {
        await person.open('/customers');
        starting.push(await noted(person.page, 'firstRows'));
        await settled(person.page);
      }
      return await measured(person.page, median(starting), what);
    } finally {
      await person.close();
      await relay.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measured(page: Page, start: number, what: string): Promise<Figure[]> {
  const rows = `[...${list}.querySelectorAll('a[href^="/customers/"]')]`;
  const field = page.getByRole('searchbox').first();

  const chosen = (of: string): string => `document.querySelector('[role="radiogroup"] input[value="${of}"]')`;
  const filtering: number[] = [];
  for (let time = 0; time < times; time++)
    for (const view of ['waiting', 'all']) {
      const before = await page.evaluate(`${list}.style.height`);
      await page.evaluate(noteFrom('change', `${list}?.style.height !== ${JSON.stringify(before)}`));
      await page.evaluate(`${chosen(view)}.click()`);
      filtering.push(await noted<number>(page, 'drawn'));
    }

  const sorting: number[] = [];
  await page.getByRole('button', { name: /^Filter and sort/ }).click();
  const order = page.getByLabel('Sort by');
  for (let time = 0; time < times; time++)
    for (const by of ['name', 'newest', 'next', 'unanswered']) {
      const before = await page.evaluate(`${rows}[0].getAttribute('href')`);
      await page.evaluate(
        noteFrom('change', `${rows}[0]?.getAttribute('href') !== ${JSON.stringify(before)}`),
      );
      await order.selectOption(by);
      sorting.push(await noted<number>(page, 'drawn'));
    }
  await order.selectOption('newest');
  await page.keyboard.press('Escape');

  const opening: number[] = [];
  for (let time = 0; time < times; time++) {
    const row = page.getByRole('list', { name: 'Customers' }).getByRole('link').nth(time);
    const href = await row.getAttribute('href');
    await page.evaluate(
      noteFrom('click', `location.pathname === '${href}' && document.querySelector('main article')`),
    );
    await row.click();
    opening.push(await noted<number>(page, 'drawn'));
  }

  await field.focus();
  const searching = await recorded(page, () => write(page, 'smith 12'));
  await field.fill('');

  const scrolling = await recorded(page, async () => {
    await page.evaluate(`
      globalThis.scrolled = undefined;
      const box = ${list}.parentElement;
      let left = 240;
      const on = () => {
        box.scrollTop += 400;
        if (--left > 0) requestAnimationFrame(on);
        else globalThis.scrolled = true;
      };
      requestAnimationFrame(on);
    `);
    await noted(page, 'scrolled');
  });

  await page.getByRole('link', { name: 'Open conversation' }).click();
  const composer = page.getByRole('main').getByRole('textbox').last();
  await composer.waitFor();
  await settled(page);
  await composer.focus();
  const talking = await recorded(page, () => write(page, 'The delivery comes on Thursday.'));

  const smooth = (name: string, { frames, tasks }: Recorded): Figure[] => [
    {
      name: `${name}, p95 frame`,
      value: percentile(frames, 0.95),
      unit: 'ms',
      how: what,
      target: { most: 20 },
    },
    {
      name: `${name}, longest task`,
      value: Math.max(0, ...tasks),
      unit: 'ms',
      how: `${what}; 0 where none took 50 ms`,
      target: { most: 50 },
    },
  ];
  return [
    {
      name: 'list of customers ready',
      value: start,
      unit: 'ms',
      how: `${what}, from the navigation, median of ${starts}`,
      target: { most: 500 },
    },
    {
      name: 'filtered',
      value: median(filtering),
      unit: 'ms',
      how: `${what}, from the choice to the frame, median of ${filtering.length}`,
      target: { most: 100 },
    },
    {
      name: 'sorted',
      value: median(sorting),
      unit: 'ms',
      how: `${what}, by name and times, median of ${sorting.length}`,
      target: { most: 100 },
    },
    {
      name: 'customer opened',
      value: median(opening),
      unit: 'ms',
      how: `${what}, from the click, median of ${times}`,
      target: { most: 100 },
    },
    ...smooth('searching', searching),
    ...smooth('scrolling', scrolling),
    ...smooth('writing to a customer', talking),
  ];
}
