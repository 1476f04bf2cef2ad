import { expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { Journey, owner } from '../support/journey.ts';

const world = browserWorld();

it('an administrator connects a system, has it told what happens, and takes it out again', async () => {
  const account = await owner(world.relay.address);
  const ann = new Journey(await world.newPerson('Ann'));
  await ann.signIn(account);
  const { page } = ann;
  await ann.go('Settings');
  await page.getByRole('link', { name: 'Connected systems' }).click();
  await page.getByText('No system is connected.').waitFor();
  await page.getByRole('button', { name: 'Connect a system' }).click();
  const form = page.getByRole('dialog');
  await form.getByRole('textbox', { name: 'Name' }).fill('CRM of the company');
  await form.getByRole('checkbox', { name: 'Change customers' }).check();
  await screenshot(page, 'apps-new');
  expect(await axe(page)).toEqual([]);
  await form.getByRole('button', { name: 'Connect', exact: true }).click();
  const key = await page.getByRole('dialog').getByRole('textbox', { name: 'Key' }).inputValue();
  await page.getByRole('button', { name: 'Done' }).click();
  const call = (): Promise<Response> =>
    fetch(new URL('/api/v1/app', world.relay.address), { headers: { authorization: `Bearer ${key}` } });
  expect(await (await call()).json()).toMatchObject({ app: { name: 'CRM of the company' } });

  ann.person.excuse(/status of 400/);
  // An address that the relay may not ask is said to be one, and what was filled in stays.
  const card = page.getByRole('region', { name: 'CRM of the company' });
  await card.getByRole('button', { name: 'Add webhook' }).click();
  const address = page.getByRole('dialog').getByRole('textbox', { name: 'Address' });
  await address.fill('https://10.1.2.3/hook');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByText('The relay may not ask this address').waitFor();
  await address.fill('https://crm.example.com/hooks/weft');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page
    .getByRole('dialog', { name: 'The secret of the webhook' })
    .getByText('It is shown this once')
    .waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  await card.getByText('https://crm.example.com/hooks/weft').waitFor();
  await card.getByText(/^On · 10 events/).waitFor();
  await screenshot(page, 'apps');
  expect(await axe(page)).toEqual([]);

  const menu = card.getByRole('button', { name: 'More for CRM of the company' });
  await menu.click();
  await page.getByRole('menuitem', { name: 'Disconnect' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
  await page.getByText('No system is connected.').waitFor();
  expect((await call()).status).toBe(401);
});
