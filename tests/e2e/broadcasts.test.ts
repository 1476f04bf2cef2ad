import { expect, it } from 'vitest';
import { newId, type RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';

const world = browserWorld();

it('a seller writes to all of her customers, a leader in her name, and a customer who has enough gets no more', async () => {
  const admin = await owner(world.relay.address);
  const [annAccount] = await accounts(world.relay.address, 'Ann');
  const code = newId();
  const link = {
    ...{ id: newId(), code, name: 'Shop window', on: true, until: null, source: 'poster', tags: [] },
    ...{ to: { member: annAccount.member.id }, welcome: 'Welcome!', hours: null, away: '' },
  };
  await sendCommands(world.relay.address, admin, 1, [
    [`${admin.workspace.id}/customers/main` as RoomId, 'customers.link', link],
  ]);
  // One without a page open, and one with.
  const { origin } = new URL(world.relay.address);
  const begun = await fetch(new URL('/api/guest', world.relay.address), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ code, language: 'en', consent: true, name: 'Tom' }),
  });
  expect(begun.status).toBe(200);
  const mia = await world.newPerson('Mia', { phone: true });
  const theirs = await mia.open(`/c/${code}`);
  await theirs.getByRole('button', { name: 'Agree and start' }).click();
  await theirs.getByText('Welcome!').waitFor();

  const ann = new Journey(await world.newPerson('Ann'));
  await ann.signIn(annAccount);
  const { page } = ann;
  await ann.go('Customers');
  await page.getByRole('list', { name: 'Customers' }).getByRole('link', { name: /Tom/ }).waitFor();
  await page.goto(new URL('/customers/broadcasts', page.url()).href);
  await page.getByText('Nothing sent to many yet').waitFor();
  await page.getByRole('button', { name: 'New message' }).click();
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('We open on Monday, ');
  await page.getByRole('button', { name: 'Customer’s name' }).click();
  await page.getByText('Goes to 2 customers').waitFor();
  await screenshot(page, 'broadcast-new');
  expect(await axe(page)).toEqual([]);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('button', { name: /^2\s*Delivered/ }).waitFor();
  await theirs.getByText('We open on Monday, friend').waitFor();
  await page.getByRole('button', { name: /Delivered/ }).click();
  await page.getByRole('link', { name: 'Tom', exact: true }).waitFor();
  await screenshot(page, 'broadcast-view');
  expect(await axe(page)).toEqual([]);

  // Somebody above her writes in her name: she is asked first.
  const boss = new Journey(
    await world.newPerson('Boss', { language: 'zh', theme: 'dark', phone: true }),
    'zh',
  );
  await boss.signIn(admin);
  const { page: theirBoss } = boss;
  await theirBoss.goto(new URL('/customers/broadcasts?new', theirBoss.url()).href);
  await theirBoss.getByRole('radio', { name: '所有客户' }).check();
  await theirBoss.getByRole('textbox', { name: '内容' }).fill('春季优惠');
  await theirBoss.getByText('将发送给 2 位客户').waitFor();
  await screenshot(theirBoss, 'broadcast-new-phone-zh');
  expect(await axe(theirBoss)).toEqual([]);
  await theirBoss.getByRole('button', { name: '发送', exact: true }).click();
  await theirBoss.getByRole('dialog').getByRole('button', { name: '发送', exact: true }).click();
  await theirBoss.getByText('等待确认').waitFor();

  await page.goto(new URL('/customers/broadcasts', page.url()).href);
  await page.getByRole('link', { name: /Waits for you/ }).click();
  await page.getByText(/wants this sent to 2 customers of yours/).waitFor();
  await page.getByRole('checkbox', { name: 'Tom' }).uncheck();
  await screenshot(page, 'broadcast-approve');
  expect(await axe(page)).toEqual([]);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('asks to write to customers in your name').waitFor({ state: 'detached' });
  await theirs.getByText('春季优惠').waitFor();
  const noMore = theirs.getByRole('button', { name: 'No more like this' });
  await noMore.last().click();
  await noMore.first().waitFor({ state: 'detached' });
  await page.getByRole('link', { name: /^Visitor/ }).click();
  await page.getByRole('switch', { name: 'No messages to many' }).and(page.locator(':disabled')).waitFor();
  await page.getByText('The customer said so themselves.').waitFor();
  await theirBoss.getByRole('button', { name: /^1\s*跟进人未同意/ }).waitFor();
  await screenshot(theirBoss, 'broadcast-view-phone-zh');
});
