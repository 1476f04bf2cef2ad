import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { newId, type RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';

const world = browserWorld();

const say = async (page: Page, text: string): Promise<void> => {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
};

it('a seller makes a group with a customer, who says yes; another one comes by its link; both leave again', async () => {
  const [account] = await accounts(world.relay.address, 'Ann');
  const code = newId();
  const link = {
    ...{ id: newId(), code, name: 'Shop', on: true, until: null, source: '', tags: [] },
    ...{ to: { member: account.member.id }, welcome: 'Welcome!', hours: null, away: '' },
  };
  const settings = `${account.workspace.id}/customers/main` as RoomId;
  await sendCommands(world.relay.address, account, 1, [[settings, 'customers.link', link]]);
  const mia = await world.newPerson('Mia', { phone: true });
  const hers = await mia.open(`/c/${code}`);
  await hers.getByRole('button', { name: 'Agree and start' }).click();
  await say(hers, 'Do you have green tea?');
  const ann = new Journey(await world.newPerson('Ann'));
  await ann.signIn(account);
  const { page } = ann;

  // A group with her: she is asked, and reads nothing before she says yes.
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  await page.getByRole('button', { name: 'Pick several' }).click();
  await page.getByRole('switch', { name: 'With customers' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Visitor/ }).click();
  await dialog.getByRole('textbox', { name: 'Group name' }).fill('Tea club');
  await screenshot(page, 'customer-groups-start');
  await dialog.getByRole('button', { name: /^Create/ }).click();
  const composer = page.getByRole('textbox', { name: 'Outside: reply to Tea club' });
  await composer.fill('Among ourselves');
  await composer.press('Enter');
  const chat = page.getByRole('main');
  await chat.getByText('Outside', { exact: true }).first().waitFor();

  // She answers without a network, under the name she wants.
  const tab = hers.getByRole('button', { name: /^Tea club/ });
  await tab.click();
  await hers.getByRole('heading', { name: /Ann invites you to the group/ }).waitFor();
  expect(await hers.getByText('Among ourselves').count()).toBe(0);
  await hers.getByRole('textbox', { name: 'They see you as' }).fill('Mia');
  expect(await axe(hers)).toEqual([]);
  await screenshot(hers, 'customer-groups-invitation');
  await mia.goOffline();
  await hers.getByRole('button', { name: 'Join', exact: true }).click();
  await hers.getByText('You come in as soon as there is a network.').waitFor();
  await mia.goOnline();
  await chat.getByText('Mia came in').waitFor();
  await say(hers, 'Hello everybody');
  await chat.getByText('Hello everybody', { exact: true }).waitFor();
  expect(await hers.getByText('Among ourselves').count()).toBe(0);

  // Another customer comes by the link of the group.
  await page.getByRole('button', { name: 'Conversation details' }).click();
  const side = page.getByRole('complementary', { name: 'Details' });
  await side.getByRole('button', { name: 'Link for customers' }).click();
  await dialog.getByRole('button', { name: 'Make a link' }).click();
  await dialog.getByRole('img').waitFor();
  const address = new URL(await dialog.locator('code').innerText());
  await screenshot(page, 'customer-groups-link');
  await page.keyboard.press('Escape');
  const tom = await world.newPerson('Tom', { phone: true });
  const his = await tom.open(address.pathname);
  await his.getByText(/Ann invites you to the group .*Tea club/).waitFor();
  await his.getByRole('textbox', { name: 'They see you as' }).fill('Tom');
  expect(await axe(his)).toEqual([]);
  await screenshot(his, 'customer-groups-by-link');
  await his.getByRole('button', { name: 'Agree and start' }).click();
  await his.getByRole('heading', { name: 'Tea club' }).waitFor();
  await say(his, 'I am Tom');
  await hers.getByRole('article', { name: 'Tom' }).getByText('I am Tom').waitFor();
  await screenshot(hers, 'customer-groups-phone');
  await side.getByRole('list', { name: 'Members' }).getByText('Tom').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customer-groups-side');

  // What is said in her own conversation stays there; a mark says where something is new.
  await hers.getByRole('navigation').getByRole('button').first().click();
  await hers.getByText('Do you have green tea?').waitFor();
  await say(his, 'Anybody there?');
  await tab.getByRole('img', { name: 'New' }).waitFor();

  // Who leaves reads nothing more.
  await his.getByRole('button', { name: 'About this conversation' }).click();
  await his.getByRole('button', { name: 'Leave the group' }).click();
  await his.getByRole('textbox', { name: 'Message' }).waitFor();
  await chat.getByText('Tom left').waitFor();
  expect(await his.getByRole('button', { name: /^Tea club/ }).count()).toBe(0);
  expect(await his.getByText('I am Tom').count()).toBe(0);
  await side.getByRole('button', { name: /^What to do with Mia/ }).click();
  await page.getByRole('menuitem', { name: /^Take Mia/ }).click();
  await dialog.getByRole('button', { name: 'Take out' }).click();
  await tab.waitFor({ state: 'detached' });
  await hers.getByText('Do you have green tea?').waitFor();
});
