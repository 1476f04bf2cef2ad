import type { Page } from 'playwright-core';
import { roomsOf } from './large-sizes.ts';
import type { Figure } from './measure.ts';
import { allIsHere, hasBrowser, signInTo, withLargeWorld } from './large-world.ts';

const conversations = 2_000;
const messages = 1_000_000;

/**
 * Runs in the page: when every conversation stood in the list, in milliseconds since the button was pressed. A text,
 * because the loader of this program would put calls of its own into a function.
 */
const noteUsable = (count: number): string => `
  globalThis.usable = undefined;
  addEventListener('click', (event) => {
    if (!event.target.closest('button')) return;
    const pressed = performance.now();
    const look = () => {
      const row = document.querySelector('[role="list"][aria-label="Conversations"] [role="listitem"]');
      if (row?.getAttribute('aria-setsize') === '${count}' && !/No messages/.test(row.textContent))
        requestAnimationFrame(() => (globalThis.usable = performance.now() - pressed));
      else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
`;

async function usableAfter(page: Page): Promise<number> {
  const noted = await page.waitForFunction(
    () => (globalThis as unknown as { usable?: number }).usable,
    undefined,
    { timeout: 600_000 },
  );
  return (await noted.jsonValue()) ?? Number.NaN;
}

/** A device that has nothing signs in to a workspace with a million messages. */
export async function firstSync(): Promise<Figure[]> {
  if (!hasBrowser()) return [];
  return withLargeWorld(roomsOf(conversations, messages), async ({ ann, person }) => {
    const { page } = person;
    await signInTo(person, ann, noteUsable(conversations));
    const usable = await usableAfter(page);
    const before = performance.now();
    await allIsHere(page);
    const whole = (usable + performance.now() - before) / 1_000;
    const what = `${conversations} conversations, ${messages} messages`;
    return [
      {
        name: 'first sync, usable',
        value: usable,
        unit: 'ms',
        how: `${what}, from the button until all stand in the list`,
        target: { most: 5_000 },
      },
      { name: 'first sync, all of it', value: whole, unit: 's', how: `${what}, in the background` },
    ];
  });
}
