import { expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';

const world = browserWorld();

it('a leader sees how customers are served, who is behind a figure, and what is inside of one', async () => {
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
  await page.getByRole('button', { name: 'Links, replies and settings' }).click();
  await page.getByRole('menuitem', { name: 'Figures' }).click();
  const figures = page.getByRole('region', { name: 'Figures' });
  await figures.getByRole('link', { name: /^Added\s*1/ }).waitFor();
  await figures.getByRole('table', { name: 'Added and lost' }).waitFor({ state: 'attached' });
  await figures.getByRole('list', { name: 'Channels of those added' }).getByText('Fair').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customer-figures');

  await figures.getByRole('link', { name: /^Customers\s*1/ }).click();
  await page.getByRole('list', { name: 'Customers' }).getByRole('link', { name: /^Mia/ }).click();
  await page.getByRole('list', { name: 'Conversation' }).getByText('Good day from Ann').waitFor();
  await page
    .getByRole('list', { name: 'History' })
    .getByText(/looked inside as their leader$/)
    .waitFor();
  await screenshot(page, 'customer-inside');
  await page.getByRole('link', { name: 'Back to the list' }).click();
  await page.getByRole('link', { name: 'Back to figures' }).click();
  await figures.waitFor();
});
