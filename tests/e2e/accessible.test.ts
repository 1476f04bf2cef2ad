import { rmSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import type { MemberId, WorkspaceId } from '../../shared/base/ids.ts';
import { ownRoom, type OwnPart } from '../../shared/features/personal/rooms.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, type Person } from '../support/browser.ts';
import { Journey } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';
import { seededFolder, seedOwner } from '../support/journey-seed.ts';
import { join, signIn } from '../support/sign-in.ts';

const data = await seededFolder({ messages: 400 });
const world = browserWorld({ data, env: { WEFT_ADMIN_EMAIL: undefined, WEFT_ADMIN_PASSWORD: undefined } });
afterAll(() => rmSync(data, { recursive: true, force: true }));

const desktop = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
/** Each width, language and theme together with each of the others. English last: what comes next is done in English. */
const views = [
  { ...desktop, language: '中文', theme: 'dark' },
  { ...phone, language: '中文', theme: 'light' },
  { ...phone, language: 'English', theme: 'dark' },
  { ...desktop, language: 'English', theme: 'light' },
] as const;

/** Looks at one page as it stands, in all views. */
class Inspection {
  readonly findings: Record<string, unknown> = {};
  readonly #page: Page;
  /** Another tab of the same browser, where language is chosen: the page follows. */
  readonly #chooser: Page;

  private constructor(page: Page, chooser: Page) {
    this.#page = page;
    this.#chooser = chooser;
  }

  static async of(person: Person, chooserAt: string): Promise<Inspection> {
    const { page } = person;
    const inspection = new Inspection(page, await person.newTab(chooserAt));
    // A page behind another one draws once a second, and whoever clicks in it waits for that.
    await page.bringToFront();
    return inspection;
  }

  async #choose(language: string): Promise<void> {
    await this.#chooser
      .getByRole('radio', { name: language })
      .evaluate((radio: HTMLElement) => radio.click());
    const lang = language === '中文' ? 'zh' : 'en';
    await this.#page.locator(`html[lang^="${lang}"]`).waitFor({ state: 'attached' });
  }

  /** `open` opens what is looked at again where another width has closed it. */
  async look(what: string, open?: () => Promise<void>): Promise<void> {
    const page = this.#page;
    for (const { width, height, language, theme } of views) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      if (open && !(await page.getByRole('dialog').isVisible())) {
        await this.#choose('English');
        await open();
      }
      await this.#choose(language);
      const found = await axe(page);
      if (found.length > 0) this.findings[`${what}, ${width}, ${language}, ${theme}`] = found;
    }
  }
}

describe('every page and dialog', { timeout: 240_000 }, () => {
  it('has no serious finding before somebody signed in', async () => {
    const person = await world.newPerson('Somebody');
    person.excuse(/status of 40[14]|status of 410/);
    const page = await person.open('/sign-in');
    const inspection = await Inspection.of(person, '/sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await inspection.look('sign-in with errors');
    const admin = await signIn(world.relay.address, seedOwner);
    const answer = await fetch(`${world.relay.address}/api/invitations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.token}` },
      body: JSON.stringify({ role: 'member', maxUses: 1, expiresInDays: 1 }),
    });
    const { code } = (await answer.json()) as { code: string };
    await person.open(`/join/${code}`);
    await page.getByRole('button', { name: 'Join' }).click();
    await inspection.look('join with errors');
    await person.open('/join/unknown');
    await page.getByText('This link is not valid.').waitFor();
    await inspection.look('join by a wrong link');
    await person.open('/setup#any');
    await page.getByText('This workspace is set up already.').waitFor();
    await inspection.look('setup');
    expect(inspection.findings).toEqual({});
  });

  it('has no serious finding for a newcomer with nothing yet', async () => {
    const admin = await signIn(world.relay.address, seedOwner);
    await join(world.relay.address, admin, ['Newcomer']);
    const journey = new Journey(await world.newPerson('Newcomer'));
    await journey.signIn({ email: 'newcomer@example.org', password: 'the password of Newcomer' });
    const { page } = journey;
    const inspection = await Inspection.of(journey.person, '/settings/appearance');
    await inspection.look('no messages');
    await page.getByRole('button', { name: 'New conversation' }).first().click();
    await page.getByRole('dialog').getByRole('list').getByRole('button').first().click();
    await journey.composer().waitFor();
    await inspection.look('an empty conversation');
    await journey.person.goOffline();
    await journey.send('Kept on this device.');
    await inspection.look('a message that waits');
    await page.getByRole('button', { name: /^Network and sync/ }).click();
    await page.getByRole('dialog', { name: 'Network and sync' }).waitFor();
    await inspection.look('what waits');
    await journey.go('Settings');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await inspection.look('signing out with unsent work');
    expect(inspection.findings).toEqual({});
  });

  it('has no serious finding in a workspace full of things', async () => {
    const journey = new Journey(await world.newPerson('Owner'));
    await journey.signIn(seedOwner);
    const { page } = journey;
    const inspection = await Inspection.of(journey.person, '/settings/appearance');
    const dialog = page.getByRole('dialog');
    const closed = async (): Promise<void> => {
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    };

    await page.getByRole('list', { name: 'Conversations' }).getByRole('link').first().waitFor();
    await inspection.look('messages');
    await inspection.look('a new group', async () => {
      await page.getByRole('button', { name: 'New conversation' }).first().click();
      await dialog.getByRole('button', { name: 'Pick several' }).click();
      const people = dialog.getByRole('list', { name: 'People' }).getByRole('button');
      for (const row of [0, 1]) await people.nth(row).click();
    });
    await closed();
    await page.getByRole('list', { name: 'Conversations' }).getByRole('link').first().click();
    await page
      .getByRole('list', { name: /^Messages of/ })
      .getByRole('listitem')
      .last()
      .hover();
    await page.getByRole('button', { name: 'Conversation details' }).click();
    await inspection.look('a conversation with details');

    await journey.go('Contacts');
    const contacts = page.getByRole('list', { name: 'People' }).first();
    await contacts.getByRole('button').first().click();
    await inspection.look('a department');
    await contacts.getByRole('link').first().click();
    await inspection.look('a card');
    for (const view of ['chart', 'rights', 'fields', 'import', 'audit']) {
      await journey.person.open(`/contacts/${view}`);
      await page.getByRole('region').getByRole('heading', { level: 1 }).waitFor();
      await inspection.look(`contacts: ${view}`);
    }
    await journey.person.open('/contacts');
    const invite = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Invite people' }).first().click();
      await dialog.getByRole('button', { name: 'Create link' }).waitFor();
    };
    await inspection.look('inviting', invite);
    await closed();
    await inspection.look('an invitation', async () => {
      await invite();
      await dialog.getByRole('button', { name: 'Create link' }).click();
      await dialog.getByRole('img').waitFor();
    });
    await closed();

    await journey.go('Docs');
    await page.getByRole('list', { name: 'Documents' }).getByRole('link').first().click();
    await journey.text().waitFor();
    await page.getByRole('button', { name: 'Outline and details' }).click();
    await inspection.look('a document with its outline');
    await page.getByRole('button', { name: 'More for this document' }).click();
    await page.getByRole('menu').waitFor();
    await inspection.look('the menu of a document');
    await page.getByRole('menuitem', { name: 'Move to trash' }).click();
    await page
      .getByText(/is in the trash/)
      .first()
      .waitFor();
    await inspection.look('a document that was just deleted');
    await journey.person.open('/docs/trash');
    await page.getByRole('button', { name: 'Restore' }).first().waitFor();
    await inspection.look('trash');
    await journey.person.open('/docs');
    await inspection.look('importing', async () => {
      await page.getByRole('button', { name: 'More for the list' }).click();
      await page.getByRole('menuitem', { name: 'Import Markdown' }).click();
      await dialog.waitFor();
    });
    await closed();

    for (const section of [
      'profile',
      'appearance',
      'devices',
      'password',
      'storage',
      'export',
      'workspace',
      'about',
    ]) {
      await journey.person.open(`/settings/${section}`);
      await page
        .getByRole('heading', { level: 1 })
        .or(page.getByRole('main').getByRole('heading'))
        .first()
        .waitFor();
      await inspection.look(`settings, ${section}`);
    }
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('a');
    await inspection.look('palette');
    await page.keyboard.type('zzzz');
    await inspection.look('palette without results');
    await closed();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await inspection.look('shortcuts');
    await closed();
    await journey.person.open('/nowhere');
    await page.getByText('There is no page at this address.').waitFor();
    await inspection.look('no such page');
    expect(inspection.findings).toEqual({});
  });

  it('has no serious finding in what a person keeps for themselves', async () => {
    const { address } = world.relay;
    const owner = await signIn(address, seedOwner);
    const headers = { authorization: `Bearer ${owner.token}` };
    const answer = await fetch(`${address}/api/rooms?kind=chat`, { headers });
    const [first] = (await answer.json()) as { room: string }[];
    const chat = parseRoom(first?.room)?.id ?? '';
    const own = (part?: OwnPart) =>
      ownRoom(owner.workspace.id as WorkspaceId, owner.member.id as MemberId, part);
    const source = { chat, message: 'm', seq: 1 };
    const copy = {
      ...source,
      by: owner.member.id,
      at: 1_700_000_000_000,
      text: 'Words',
      files: ['plan.pdf'],
    };
    await sendCommands(address, owner, 1, [
      [own(), 'list.addSection', { id: 's', name: 'Work' }],
      [own(), 'list.chat', { chat, section: 's', muted: true, unread: true }],
      [own('saved'), 'saved.add', copy],
      [own('todos'), 'todo.add', { id: 'late', text: 'Call back', due: 1_700_000_000_000, source }],
      [own('todos'), 'todo.add', { id: 'some', text: 'Write it down' }],
      [own('todos'), 'todo.add', { id: 'done', text: 'Done already' }],
      [own('todos'), 'todo.change', { id: 'done', done: true }],
    ]);
    const journey = new Journey(await world.newPerson('Owner'));
    await journey.signIn(seedOwner);
    const { page } = journey;
    const inspection = await Inspection.of(journey.person, '/settings/appearance');
    await page.getByRole('button', { name: 'Work', exact: true }).waitFor();
    await inspection.look('messages in sections');
    await journey.person.open('/messages/saved');
    await page.getByText('plan.pdf').waitFor();
    await inspection.look('saved messages');
    await journey.person.open('/messages/mentions');
    await page.getByRole('heading', { name: 'Mentions of you' }).waitFor();
    await inspection.look('mentions');
    await journey.person.open('/todos');
    await page.getByText('Done (1)').click();
    await page.getByText('Done already').waitFor();
    await inspection.look('to-dos');
    await page.getByRole('button', { name: 'Write it down', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await inspection.look('a to-do');
    expect(inspection.findings).toEqual({});
  });
});

/** Presses Tab until the focus is where it is wanted, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluateAll((found) => found.some((element) => element === document.activeElement)))
      return;
    await page.keyboard.press(key);
  }
  throw new Error(`80 × ${key} did not reach ${String(target)}`);
}

describe('without a mouse', () => {
  it('one can sign in, talk, write, look things up and sign out', async () => {
    const person = await world.newPerson('Keys');
    const journey = new Journey(person);
    const page = await person.open('/sign-in');
    await tabTo(page, page.getByLabel('E-mail', { exact: true }));
    await page.keyboard.type(seedOwner.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(seedOwner.password);
    await page.keyboard.press('Enter');

    const rows = page.getByRole('list', { name: 'Conversations' }).getByRole('link');
    await rows.first().waitFor();
    // The list is one stop, at its first line: a section where there is one.
    await tabTo(page, page.getByRole('list', { name: 'Conversations' }).locator(':is(a, button)'));
    await page.keyboard.press('ArrowDown');
    const second = await page.evaluate(() => document.activeElement?.getAttribute('href'));
    await page.keyboard.press('Enter');
    await journey.composer().waitFor();
    expect(new URL(page.url()).pathname).toBe(second);
    await tabTo(page, journey.composer());
    await page.keyboard.type('Sent without a mouse.');
    await page.keyboard.press('Enter');
    await journey.message('Sent without a mouse.').waitFor();

    await page.keyboard.press('Alt+4');
    const docs = page.getByRole('list', { name: 'Documents' }).getByRole('link');
    await docs.first().waitFor();
    await tabTo(page, docs);
    await page.keyboard.press('Enter');
    await journey.text().waitFor();
    await tabTo(page, journey.text());
    await page.keyboard.press('Control+End');
    await page.keyboard.type('Written without a mouse.');
    await journey.reads('Written without a mouse.');
    await journey.saved();

    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('settings');
    await page.keyboard.press('Enter');
    const leave = page.getByRole('button', { name: 'Sign out', exact: true });
    await leave.waitFor();
    await tabTo(page, leave);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await tabTo(page, dialog.getByRole('button', { name: 'Sign out', exact: true }));
    await page.keyboard.press('Enter');
    await page.getByLabel('E-mail', { exact: true }).waitFor();
  });
});
