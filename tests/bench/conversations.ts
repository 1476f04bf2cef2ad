import type { CDPSession, Page } from 'playwright-core';
import { newId, type CommandId } from '../../shared/base/ids.ts';
import { Journey } from '../support/journey.ts';
import { RawDevice } from '../support/raw-device.ts';
import { allIsHere, hasBrowser, signInTo, withLargeWorld, type LargeWorld } from './large-world.ts';
import { median, percentile, type Figure } from './measure.ts';

const conversations = 2_000;
const messages = 1_000_000;
const starts = 5;
/** As long as somebody has the app open before it is opened again. Milliseconds. */
const openFor = 30_000;
/** Times that the conversation is opened. */
const openings = 5;
/** Messages per second that arrive while the list is looked at, and for how many seconds. */
const rate = 100;
const arriving = 5;
/** Messages that are scrolled through, pixels in each frame, and the longest that may take in milliseconds. */
const scrolled = 20_000;
const step = 600;
const longest = 120_000;

/*
 * What runs in the page, as texts: the loader of this program would put calls of its own into functions. Each leaves its
 * figure under a name for `noted`.
 */
const rowsOf = (name: string): string => `document.querySelector('[role="list"][aria-label^="${name}"]')`;
const list = rowsOf('Conversations');
const talk = rowsOf('Messages of');

const noteFirstRows = `
  const look = () => {
    if (!${list}?.querySelector('a[href^="/messages/"]')) requestAnimationFrame(look);
    // The frame that draws them has ended when the next one begins.
    else requestAnimationFrame(() => (globalThis.firstRows = performance.now()));
  };
  requestAnimationFrame(look);
`;

/** How long the page did nothing else, each time that was longer than 50 milliseconds. */
const recordTasks = `
  globalThis.tasks = [];
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) globalThis.tasks.push(task.duration);
  }).observe({ type: 'longtask' });
`;

/** From the next click on: until a message with these words is drawn. */
export const noteShown = (words: string): string => `
  globalThis.shown = undefined;
  addEventListener('click', () => {
    const clicked = performance.now();
    const look = () => {
      if (${talk}?.textContent.includes(${JSON.stringify(words)}))
        requestAnimationFrame(() => (globalThis.shown = performance.now() - clicked));
      else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
`;

const recordFrames = `
  globalThis.frames = [];
  globalThis.tasks = [];
  globalThis.recording = true;
  let before = performance.now();
  const frame = (now) => {
    globalThis.frames.push(now - before);
    before = now;
    if (globalThis.recording) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
`;

const scrollUp = `
  globalThis.passed = undefined;
  const box = ${talk}.parentElement.parentElement;
  const numberAt = () => Number(/\\((\\d+)\\)/.exec(box.querySelector('[role="listitem"] .bubble')?.textContent)?.[1]);
  const [from, until] = [numberAt(), performance.now() + ${longest}];
  const on = () => {
    box.scrollTop -= ${step};
    if (from - numberAt() >= ${scrolled} || performance.now() > until) {
      globalThis.recording = false;
      globalThis.passed = from - numberAt();
    } else requestAnimationFrame(on);
  };
  requestAnimationFrame(on);
`;

export async function noted<T>(page: Page, name: string, timeout = 60_000): Promise<T> {
  const found = await page.waitForFunction(
    (of) => (globalThis as unknown as Record<string, unknown>)[of],
    name,
    { timeout },
  );
  return (await found.jsonValue()) as T;
}

/** Everything is on the relay, and what the page does beside what it was opened for is over. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Network and sync: Saved' }).waitFor();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}

async function heapOf(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

/** Others talk in many conversations at once. */
async function talkEverywhere({ relay, bo, rooms }: LargeWorld): Promise<void> {
  const device = new RawDevice();
  await device.connect(relay.address, bo.token);
  const began = performance.now();
  for (let n = 1; n <= rate * arriving; n++) {
    // A hundredth of a second apart, by the clock and not by the last pause.
    const wait = began + (n * 1_000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const room = rooms[(n * 37) % (rooms.length - 1)]!;
    device.send({
      type: 'command',
      command: { id: newId<CommandId>(), n, room, type: 'chat.send', data: { text: `new ${n}` } },
    });
  }
}

/** The list of 2,000 conversations, and one conversation of a million messages, in a real browser. */
export async function largeConversations(): Promise<Figure[]> {
  if (!hasBrowser()) return [];
  const large = Number(process.env['WEFT_BENCH_MESSAGES'] ?? messages);
  const sizes = [...Array.from({ length: conversations - 1 }, () => 30), large];
  return withLargeWorld(sizes, async (world) => {
    const { person, ann } = world;
    const journey = new Journey(person);
    await signInTo(person, ann);
    await allIsHere(person.page);
    await new Promise((resolve) => setTimeout(resolve, openFor));

    const begun: number[] = [];
    const starting: number[] = [];
    for (let start = 0; start < starts; start++) {
      await person.leave();
      await person.begin();
      await person.page.addInitScript({ content: noteFirstRows + recordTasks });
      await person.open('/messages');
      begun.push(await noted(person.page, 'firstRows'));
      await settled(person.page);
      await person.open('/messages');
      starting.push(await noted(person.page, 'firstRows'));
    }
    const { page } = person;
    await settled(page);

    await page.evaluate(recordFrames);
    await talkEverywhere(world);
    const sent = performance.now();
    const newest = page
      .locator('[role="list"][aria-label="Conversations"]')
      .getByText(`new ${rate * arriving}`);
    await newest.waitFor({ timeout: 60_000 });
    const sorted = performance.now() - sent;
    await page.evaluate('globalThis.recording = false');
    const listFrames = await noted<number[]>(page, 'frames');
    const listTasks = await noted<number[]>(page, 'tasks');
    // Of two in the same millisecond neither is the newer one.
    const place = await newest.locator('xpath=ancestor::*[@data-index]').getAttribute('data-index');
    const isLast = Number(place) < 4;

    const session = await person.context.newCDPSession(page);
    const before = await heapOf(session);
    await page.getByRole('searchbox').first().fill(`Conversation ${conversations}`);
    const opening: number[] = [];
    for (let time = 0; time < openings; time++) {
      if (time > 0) {
        await page.keyboard.press('Escape');
        await page.getByRole('list', { name: `Messages of Conversation ${conversations}` }).waitFor({
          state: 'detached',
        });
      }
      await page.evaluate(noteShown(`(${large})`));
      await journey.conversation(`Conversation ${conversations}`).click();
      opening.push(await noted<number>(page, 'shown'));
    }
    const heldAtEnd = (await heapOf(session)) - before;

    await page.evaluate(`${recordFrames}${scrollUp}`);
    const passed = await noted<number>(page, 'passed', 2 * longest);
    const frames = await noted<number[]>(page, 'frames');
    const held = (await heapOf(session)) - before;
    const drawn = await page.locator('[role="list"][aria-label^="Messages of"] [role="listitem"]').count();
    await page.locator('[role="list"][aria-label^="Messages of"] [role="listitem"]').last().focus();
    await page.keyboard.press('End');
    await page.getByText(`(${large})`).last().waitFor();
    const heldAgain = (await heapOf(session)) - before;

    const day = new Date(Date.now() - 300 * 24 * 3_600_000).toISOString().slice(0, 10);
    await page.getByRole('button', { name: 'Jump to a date' }).first().click();
    await page.getByLabel('Date', { exact: true }).fill(day);
    const jumping = performance.now();
    await page.getByRole('button', { name: 'Jump', exact: true }).click();
    // Days of the browser begin before those of the world.
    const eve = new Date(Date.parse(day) - 24 * 3_600_000).toISOString().slice(0, 10);
    await page.locator(`time[datetime="${day}"], time[datetime="${eve}"]`).first().waitFor();
    const jumped = performance.now() - jumping;

    const what = `${conversations} conversations`;
    const long = `a conversation of ${large} messages`;
    return [
      {
        name: 'list ready',
        value: median(starting),
        unit: 'ms',
        how: `${what}, from the navigation, median of ${starts}`,
        target: { most: 300 },
      },
      {
        name: 'list ready, browser started anew',
        value: median(begun),
        unit: 'ms',
        how: `${what}, from its first navigation, median of ${starts}`,
        target: { most: 1_000 },
      },
      {
        name: 'list at 100 messages per second, p95 frame',
        value: percentile(listFrames, 0.95),
        unit: 'ms',
        how: `${what}, ${arriving} s`,
        target: { most: 20 },
      },
      {
        name: 'list at 100 messages per second, longest task',
        value: Math.max(0, ...listTasks),
        unit: 'ms',
        how: `${what}, ${arriving} s; 0 where none took 50 ms`,
        target: { most: 50 },
      },
      {
        name: 'list in order after the last of them',
        value: isLast ? sorted : Number.NaN,
        unit: 'ms',
        how: what,
        target: { most: 300 },
      },
      {
        name: 'opened at its end',
        value: median(opening),
        unit: 'ms',
        how: `${long}, from the click, median of ${openings}`,
        target: { most: 300 },
      },
      {
        name: 'opened at its end, the first time',
        value: opening[0] ?? Number.NaN,
        unit: 'ms',
        how: `${long}, from the click`,
        target: { most: 300 },
      },
      {
        name: 'memory when opened',
        value: heldAtEnd,
        unit: 'MB',
        how: `more than the list alone, ${long}`,
        target: { most: 16 },
      },
      {
        name: 'scrolled up, p95 frame',
        value: percentile(frames, 0.95),
        unit: 'ms',
        how: `${passed} messages of ${long}, ${step} pixels a frame`,
        target: { most: 20 },
      },
      {
        name: 'scrolled up, slowest frame of a hundred',
        value: percentile(frames, 0.99),
        unit: 'ms',
        how: long,
      },
      { name: 'messages passed', value: passed, unit: '', how: long, target: { least: scrolled } },
      {
        name: 'memory after it',
        value: held,
        unit: 'MB',
        how: `more than the list alone, ${drawn} rows drawn`,
        target: { most: 16 },
      },
      {
        name: 'memory back at the end',
        value: heldAgain,
        unit: 'MB',
        how: `more than the list alone, ${long}`,
        target: { most: 16 },
      },
      {
        name: 'jump to a date',
        value: jumped,
        unit: 'ms',
        how: `300 days back in ${long}, from the button`,
        target: { most: 1_000 },
      },
    ];
  });
}
