import { describe, expect, it } from 'vitest';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import type { Page } from 'playwright-core';

const world = browserWorld();

const list = (page: Page) => page.getByRole('list', { name: 'People' }).first();
const menu = async (page: Page, item: string | RegExp): Promise<void> => {
  await page.getByRole('button', { name: 'More of the directory' }).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const pick = async (page: Page, dialog: string, name: string): Promise<void> => {
  const box = page.getByRole('dialog', { name: dialog });
  await box.getByRole('searchbox').fill(name);
  await box.getByRole('list').getByRole('button', { name }).click();
};
const newDepartment = async (page: Page, name: string): Promise<void> => {
  const dialog = page.getByRole('dialog', { name: 'New department' });
  await dialog.getByLabel('Name of the department').fill(name);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
};

describe('the directory', () => {
  it('is a tree that an administrator builds and a phone walks through, also without a network', async () => {
    const [lin, fang] = await accounts(world.relay.address, 'Lin Wei', '王芳');
    const ann = new Journey(await world.newPerson('Admin'));
    const phone = new Journey(await world.newPerson('Lin Wei', { phone: true }));
    await Promise.all([ann.signIn(await owner(world.relay.address)), phone.signIn(lin)]);

    // A field of the company's own, two departments one in the other, and a colleague placed in the inner one.
    const { page } = ann;
    await ann.go('Contacts');
    await menu(page, 'Fields of people');
    await page.getByRole('button', { name: 'New field' }).click();
    const field = page.getByRole('dialog', { name: 'New field' });
    await field.getByLabel('Name of the field').fill('Desk');
    await field.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Desk', { exact: true }).waitFor();
    await menu(page, 'New department');
    await newDepartment(page, 'Sales');
    await page.getByRole('button', { name: 'New department below' }).click();
    await newDepartment(page, 'North');
    await page.getByRole('button', { name: 'Add people' }).click();
    await pick(page, 'Add people', '王芳');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Add people/ })
      .click();
    await page.getByText('1 person added.').waitFor();

    // The card: found by how the name sounds.
    await page.getByRole('searchbox', { name: /^Search name/ }).fill('wangf');
    await list(page).getByRole('link', { name: /王芳/ }).click();
    await page.getByRole('button', { name: 'Edit card' }).click();
    const card = page.getByRole('dialog', { name: 'Card of 王芳' });
    await card.getByLabel('Desk').fill('4-12');
    await card.getByRole('group', { name: 'Superior' }).getByRole('button', { name: 'Choose' }).click();
    await pick(page, 'Choose the superior', 'Lin Wei');
    await card.getByRole('button', { name: 'Save' }).click();
    await card.waitFor({ state: 'hidden' });
    await page.getByText('4-12').waitFor();
    await page.getByRole('link', { name: 'Sales / North', exact: true }).waitFor();

    // The phone has it all, goes down one level at a time and back by the path, without a network.
    await phone.go('Contacts');
    await list(phone.page).getByRole('button', { name: /Sales/ }).waitFor();
    await phone.person.goOffline();
    await list(phone.page).getByRole('button', { name: /Sales/ }).click();
    await list(phone.page).getByRole('button', { name: /North/ }).click();
    await list(phone.page).getByRole('link', { name: /王芳/ }).click();
    await phone.page.getByRole('heading', { name: '王芳' }).waitFor();
    await phone.page.getByRole('link', { name: 'Organisation chart' }).click();
    const chart = phone.page.getByRole('list', { name: 'Organisation chart' });
    await chart.getByRole('link', { name: /Lin Wei/ }).waitFor();
    await chart.getByRole('link', { name: /王芳/ }).waitFor();
    await phone.page.goBack();
    await phone.page.getByRole('button', { name: 'Back to contacts' }).click();
    const path = phone.page.getByRole('navigation', { name: 'Where in the company' });
    await path.getByRole('link', { name: 'Sales' }).click();
    await list(phone.page).getByRole('button', { name: /North/ }).waitFor();
    await phone.person.goOnline();

    // Who administers a department does so without being asked twice; the log of it all has every step.
    await menu(page, 'Audit log');
    const log = page.getByRole('list', { name: 'Audit log' });
    await log.getByText(/placed 王芳: into North/).waitFor();
    await log.getByText(/edited the card of 王芳/).waitFor();
    await log.getByText(/made the department “North”/).waitFor();
    expect(fang.member.role).toBe('member');
  });

  it('lets people in by approval and by an import, and lets somebody come back who was removed', async () => {
    const [, zoe] = await accounts(world.relay.address, 'Ben Okoro', 'Zoe Hart');
    const ann = new Journey(await world.newPerson('Admin'));
    const { page } = ann;
    await ann.signIn(await owner(world.relay.address));

    // A link that wants approval: the guest waits, is let in, and enters.
    await ann.go('Contacts');
    await page.getByRole('button', { name: 'Invite people' }).click();
    const invite = page.getByRole('dialog', { name: 'Invite people' });
    await invite.getByRole('switch', { name: 'Ask an administrator first' }).click();
    await invite.getByRole('button', { name: 'Create link' }).click();
    const link = new URL((await invite.getByRole('link').first().textContent()) ?? '');
    await page.keyboard.press('Escape');
    const guest = await world.newPerson('Mei');
    guest.excuse(/403/);
    await guest.open(link.pathname);
    await guest.page.getByLabel('Your name').fill('Mei Chen');
    await guest.page.getByLabel('E-mail').fill('mei@example.org');
    await guest.page.getByLabel('Password', { exact: true }).fill('a secret of Mei');
    await guest.page.getByRole('button', { name: 'Ask to join' }).click();
    await guest.page.getByRole('button', { name: 'Open Weft' }).click();
    await guest.page.getByText(/^Nobody has let you in yet/).waitFor();
    await menu(page, 'Requests to join (1)');
    await page.getByRole('button', { name: 'Let Mei Chen in' }).click();
    await page.getByText('Nobody is waiting.').waitFor();
    await guest.page.getByRole('button', { name: 'Open Weft' }).click();
    await guest.page.getByRole('navigation', { name: 'Main navigation' }).waitFor();

    // An import with a mistake takes nothing; mended, all of it.
    await menu(page, 'Import and export');
    const choose = page.locator('input[type=file]');
    const table = (email: string) => ({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        `姓名,邮箱,部门,上级\n周洋,${email},研发部/前端,mei@example.org\n吴敏,wu@example.org,研发部,\n`,
      ),
    });
    await choose.setInputFiles(table('nothing'));
    await page.getByText('This is not a mail address.').waitFor();
    expect(await page.getByRole('button', { name: /^Import \d/ }).count()).toBe(0);
    await choose.setInputFiles(table('zhou@example.org'));
    await page.getByText(/2 new people .* 2 new departments/).waitFor();
    await page.getByRole('button', { name: 'Import 2 people' }).click();
    await page.getByText('2 people were handed over.').waitFor();
    await list(page)
      .getByRole('button', { name: /研发部/ })
      .click();
    await list(page)
      .getByRole('link', { name: /吴敏 not joined/ })
      .click();
    await page.getByText('Is in the directory and has not joined yet.').waitFor();
    await guest.page.getByRole('link', { name: 'Contacts' }).click();
    await list(guest.page)
      .getByRole('button', { name: /研发部/ })
      .waitFor();

    // One action removes somebody; a link of their own lets them come back.
    await page.getByRole('searchbox', { name: /^Search name/ }).fill('Zoe');
    await list(page)
      .getByRole('link', { name: /Zoe Hart/ })
      .click();
    await page.getByRole('button', { name: 'Remove from workspace' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText(/^Left the company/).waitFor();
    await page.getByRole('button', { name: 'Let come back' }).click();
    const own = page.getByRole('dialog', { name: 'A link for Zoe Hart' });
    const back = new URL((await own.locator('code').textContent()) ?? '');
    const returning = await world.newPerson('Zoe');
    await returning.open(back.pathname);
    await returning.page.getByLabel('Password', { exact: true }).fill('another secret of Zoe');
    await returning.page.getByRole('button', { name: 'Join', exact: true }).click();
    await returning.page.getByRole('navigation', { name: 'Main navigation' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText(/^Left the company/).waitFor({ state: 'hidden' });
    expect(page.url()).toContain(zoe.member.id);
  });
});
