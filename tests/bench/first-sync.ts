import type { Person } from '../support/person.ts';
import { Journey } from '../support/journey.ts';
import { noted, noteShown } from './conversations.ts';
import { roomsOf } from './large-sizes.ts';
import type { Figure } from './measure.ts';
import { allIsHere, hasBrowser, signInTo, withLargeWorld } from './large-world.ts';

const conversations = 2_000;
const messages = Number(process.env['WEFT_BENCH_MESSAGES'] ?? 1_000_000);
/** In the middle of the list, where nothing was fetched yet. */
const middle = conversations / 2;

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

/** From the click on the conversation of that number until its last message is drawn, while the rest still comes. */
async function openedAfter(person: Person, number: number, size: number): Promise<number> {
  const { page } = person;
  await page.getByRole('searchbox').first().fill(`Conversation ${number}`);
  await page.evaluate(noteShown(`(${size})`));
  await new Journey(person).conversation(`Conversation ${number}`).click();
  const opened = await noted<number>(page, 'shown');
  await page.getByRole('searchbox').first().fill('');
  return opened;
}

/** A device that has nothing signs in to a workspace with a million messages. */
export async function firstSync(): Promise<Figure[]> {
  if (!hasBrowser()) return [];
  const sizes = roomsOf(conversations, messages);
  return withLargeWorld(sizes, async ({ ann, person }) => {
    const { page } = person;
    await signInTo(person, ann, noteUsable(conversations));
    const usable = await noted<number>(page, 'usable', 600_000);
    const before = performance.now();
    const opened = await openedAfter(person, middle, sizes[middle - 1]!);
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
      {
        name: 'first sync, conversation opened',
        value: opened,
        unit: 'ms',
        how: 'in the middle of the list, right after that, from the click to its newest messages',
        target: { most: 1_000 },
      },
      { name: 'first sync, all of it', value: whole, unit: 's', how: `${what}, in the background` },
    ];
  });
}
