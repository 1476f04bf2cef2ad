import { describe, expect, it } from 'vitest';
import { browserWorld } from '../support/browser.ts';
import { fillFolder } from '../support/full-folder.ts';
import { accounts, Journey } from '../support/journey.ts';

const world = browserWorld();
const day = 24 * 3_600_000;
const [conversations, long, silent] = [120, 4_000, 1_997];

/** Everything that is fetched in the background has come. */
async function allIsHere({ page }: Journey): Promise<void> {
  await page.getByRole('button', { name: 'Network and sync: Saved' }).click();
  await page.getByText('All messages are on this device.').waitFor({ timeout: 60_000 });
  await page.keyboard.press('Escape');
}

describe('somebody with years of messages', () => {
  it('has them on a new device, most recent first, goes back years and to the end again, without a network', async () => {
    const people = await accounts(world.relay.address, 'Ann', 'Ben', 'Cleo');
    await world.relay.kill9();
    fillFolder({
      folder: world.relay.data,
      members: people.map(({ member }) => member.id),
      sizes: [...Array.from({ length: conversations - 1 }, () => 60), long],
      silent,
      until: Date.now(),
    });
    await world.relay.start();
    const ann = new Journey(await world.newPerson('Ann'));
    await ann.signIn(people[0]);
    const list = () => ann.page.getByRole('list', { name: 'Conversations' });
    await list().locator(`[aria-setsize="${conversations}"]`).first().waitFor();
    // Opened before its messages are here, and closed while the rest is still on the way.
    await ann.openConversation(`Conversation ${conversations}`);
    await ann.message(`(${long})`).waitFor();
    await ann.person.restart('/messages');
    await list().getByRole('link').first().waitFor();
    await allIsHere(ann);
    await ann.person.goOffline();

    // What was unread is counted, though its messages came after the list.
    await ann.page.getByRole('searchbox').first().fill('Conversation 111');
    await expect.poll(() => ann.conversation('Conversation 111').textContent()).toContain('3 unread');
    await ann.page.getByRole('searchbox').first().fill('');

    await ann.openConversation(`Conversation ${conversations}`);
    await ann.message(`(${long})`).waitFor();
    const rows = ann.page.getByRole('list', { name: ann.words.messagesOf }).getByRole('listitem');
    await rows.last().hover();
    await ann.page.mouse.wheel(0, -1_000);
    await ann.page.getByTitle('Jump to a date').last().click();
    const back = new Date(Date.now() - 100 * day).toISOString().slice(0, 10);
    await ann.page.getByLabel('Date', { exact: true }).fill(back);
    await ann.page.getByRole('button', { name: 'Jump', exact: true }).click();
    await ann.page
      .locator(`time[datetime^="${back}"], time[datetime^="${dayBefore(back)}"]`)
      .first()
      .waitFor();
    expect(await rows.count()).toBeLessThan(100);

    // From there to the first one, and with one key to the last.
    await rows.first().focus();
    await ann.page.keyboard.press('Home');
    await ann.message('(1)').waitFor();
    await rows.first().focus();
    await ann.page.keyboard.press('End');
    await ann.message(`(${long})`).waitFor();

    // Numbers follow each other without a gap wherever one scrolls.
    await rows.last().hover();
    await ann.page.mouse.wheel(0, -1_000);
    await ann.page.getByTitle('Jump to a date').last().click();
    await ann.page.getByLabel('Date', { exact: true }).fill(back);
    await ann.page.getByRole('button', { name: 'Jump', exact: true }).click();
    await ann.message(`(${long})`).waitFor({ state: 'detached' });
    for (let turn = 0; turn < 12; turn++) {
      const shown = await rows.evaluateAll((all) =>
        all.flatMap((row) =>
          Number(/\((\d+)\)/.exec(row.querySelector('.bubble')?.textContent ?? '')?.[1] ?? []),
        ),
      );
      expect(shown).toEqual(shown.map((_, i) => shown[0]! + i));
      await rows.nth(Math.floor(shown.length / 2)).hover();
      await ann.page.mouse.wheel(0, turn < 6 ? 4_000 : -6_000);
      await ann.page.evaluate(
        () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
      );
    }
    await ann.page.getByRole('button', { name: /^Jump to the newest/ }).click();
    await ann.message(`(${long})`).waitFor();

    // Of two thousand members those near the screen are drawn.
    await ann.page.getByRole('button', { name: 'Conversation details' }).click();
    const members = ann.page.getByRole('list', { name: 'Members' }).getByRole('listitem');
    await members.first().waitFor();
    expect(await members.first().getAttribute('aria-setsize')).toBe('2000');
    expect(await members.count()).toBeLessThan(60);
    await members.first().hover();
    await ann.page.mouse.wheel(0, 200_000);
    await members.and(ann.page.locator('[aria-posinset="2000"]')).waitFor();
    expect(await members.count()).toBeLessThan(60);
  });
});

/** Where the browser is, days begin before those of the world. */
const dayBefore = (date: string): string => new Date(Date.parse(date) - day).toISOString().slice(0, 10);
