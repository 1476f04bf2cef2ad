import { expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';

const world = browserWorld();

it('a leader sets word rules, and sees who met them, how customers are served, and what is inside of one', async () => {
  const { address } = world.relay;
  const [ann] = await accounts(address, 'Ann');
  const company = await owner(address);
  const code = 'aaaaaaaaaaaaaaaaaaaa';
  const link = {
    ...{ id: 'door', code, name: 'Door', on: true, until: null, to: { member: ann.member.id } },
    ...{ source: 'Fair', tags: [], welcome: 'Good day from Ann', hours: null, away: '' },
  };
  await sendCommands(address, ann, 1, [
    [`${company.workspace.id}/customers/main` as RoomId, 'customers.link', link],
  ]);
  const begun = await fetch(`${address}/api/guest`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', origin: address },
    body: JSON.stringify({ code, language: 'en', consent: true, name: 'Mia' }),
  });
  expect(begun.status).toBe(200);

  const admin = new Journey(await world.newPerson('Admin'));
  await admin.signIn(company);
  const { page } = admin;
  await admin.go('Customers');
  const openPage = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Links, replies and settings' }).click();
    await page.getByRole('menuitem', { name }).click();
  };
  await openPage('Word rules');
  for (const [name, words, does] of [
    ['Money', 'refund\n返现', 'Ask first'],
    ['Cash', 'cash', 'Hold back'],
  ] as const) {
    await page.getByRole('button', { name: 'New rule' }).click();
    const dialog = page.getByRole('dialog', { name: 'New rule' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('textbox', { name: 'Words, one per line' }).fill(words);
    await dialog.getByRole('radio', { name: does }).check({ force: true });
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText(name, { exact: true }).waitFor();
  }
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'word-rules');

  const seller = new Journey(await world.newPerson('Ann'));
  await seller.signIn(ann);
  await seller.page.getByRole('link', { name: /Mia/ }).first().click();
  const box = seller.page.getByRole('textbox', { name: 'Outside: reply to Mia' });
  const said = seller.page.getByRole('list', { name: /^Messages of / });
  await box.fill('I can give you cash');
  await box.press('Enter');
  await seller.page.getByRole('alert').filter({ hasText: '“cash”' }).waitFor();
  expect(await box.inputValue()).toBe('I can give you cash');
  await box.fill('You get a refund');
  await box.press('Enter');
  await seller.page.getByRole('dialog').getByText('“refund”').waitFor();
  await screenshot(seller.page, 'word-warning');
  await seller.page.getByRole('button', { name: 'Go on' }).click();
  await said.getByText('You get a refund').waitFor();
  await seller.saved();

  await openPage('Figures');
  const figures = page.getByRole('region', { name: 'Figures' });
  await figures.getByRole('link', { name: /^Added\s*1/ }).waitFor();
  await figures.getByRole('table', { name: 'Added and lost' }).waitFor({ state: 'attached' });
  await figures.getByRole('list', { name: 'Channels of those added' }).getByText('Fair').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customer-figures');

  await figures.getByRole('link', { name: /^Word rules met\s*2/ }).click();
  await page.getByRole('list', { name: 'Words that met rules' }).getByText('refund').waitFor();
  await page.getByText('Ann · Held back · Mia · Cash').waitFor();
  await screenshot(page, 'word-hits');
  await page.getByRole('link', { name: 'Back to figures' }).first().click();

  await figures.getByRole('link', { name: /^Customers\s*1/ }).click();
  await page.getByRole('list', { name: 'Customers' }).getByRole('link', { name: /^Mia/ }).click();
  const talk = page.getByRole('list', { name: 'Conversation' });
  await talk.getByText('Good day from Ann').waitFor();
  await talk.getByText('Money: refund').waitFor();
  await page
    .getByRole('list', { name: 'History' })
    .getByText(/looked inside as their leader$/)
    .waitFor();
  await screenshot(page, 'customer-inside');
  await page.getByRole('link', { name: 'Back to the list' }).click();
  await page.getByRole('link', { name: 'Back to figures' }).click();
  await figures.waitFor();
});
