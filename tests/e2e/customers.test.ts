import { expect, it } from 'vitest';
import { newId, type RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';

const world = browserWorld();

it('a seller answers a customer, writes down what matters, and asks a colleague to help', async () => {
  const admin = await owner(world.relay.address);
  const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben');
  const code = newId();
  const settings = `${admin.workspace.id}/customers/main` as RoomId;
  const tags = [
    { id: 'vip', name: 'VIP' },
    { id: 'abroad', name: 'Abroad' },
  ];
  const link = {
    ...{ id: newId(), code, name: 'Shop window', on: true, until: null, source: 'poster', tags: [] },
    ...{ to: { member: annAccount.member.id }, welcome: 'Welcome!', hours: null, away: '' },
  };
  await sendCommands(world.relay.address, admin, 1, [
    [settings, 'customers.tagGroup', { id: 'kind', name: 'Kind', place: 1, tags }],
    [
      settings,
      'customers.field',
      { id: 'size', name: 'Size', type: 'choice', choices: ['S', 'L'], place: 1 },
    ],
    [settings, 'customers.link', link],
  ]);
  const ann = new Journey(await world.newPerson('Ann'));
  const ben = new Journey(await world.newPerson('Ben', { language: 'zh', theme: 'dark', phone: true }), 'zh');
  await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
  const { page } = ann;
  const row = (name: string | RegExp) =>
    page.getByRole('list', { name: 'Customers' }).getByRole('link', { name });

  // Nobody has come yet; then somebody writes, and stands there as waiting for an answer.
  await ann.go('Customers');
  await page.getByText('No customers yet.').first().waitFor();
  const guest = await world.newPerson('Mia');
  const theirs = await guest.open(`/c/${code}`);
  await theirs.getByRole('button', { name: 'Agree and start' }).click();
  await theirs.getByRole('textbox', { name: 'Message' }).fill('Do you have it in blue?');
  await theirs.getByRole('button', { name: 'Send', exact: true }).click();
  await row(/Visitor.*New.*Waits for an answer.*in blue/s).click();
  await page.getByRole('heading', { name: /^Visitor/ }).waitFor();

  // What she learns of the customer, without a network too.
  await ann.person.goOffline();
  await page.getByRole('button', { name: /^Edit Name/ }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mia Chen');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Mia Chen' }).waitFor();
  await page.getByRole('button', { name: /^Edit Size/ }).click();
  await page.getByRole('combobox', { name: 'Size' }).selectOption('L');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Edit Size: L/ }).waitFor();
  await page.getByRole('button', { name: 'Change tags' }).click();
  await page.getByRole('checkbox', { name: 'VIP' }).check();
  await page.keyboard.press('Escape');
  await page.getByRole('list', { name: 'Tags' }).getByText('VIP').waitFor();
  await page.getByRole('combobox', { name: 'Stage' }).selectOption('In talk');
  await page.getByRole('textbox', { name: 'New note' }).fill('Wants two samples first.');
  await page.getByRole('button', { name: 'Add note' }).click();
  const notes = page.getByRole('list', { name: 'Notes' });
  await notes.getByText('Wants two samples first.').waitFor();
  await ann.person.goOnline();
  await ann.saved();
  await row(/Mia Chen.*In talk/s).waitFor();

  // A note is edited; a follow-up is logged, with the day of the next.
  await notes.getByRole('button', { name: 'Note actions' }).click();
  await page.getByRole('menuitem', { name: 'Edit note' }).click();
  await page.getByRole('textbox', { name: 'Edit note' }).fill('Wants three samples first.');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await notes.getByText('Wants three samples first.').waitFor();
  await page.getByRole('button', { name: 'Add follow-up' }).click();
  await page.getByRole('textbox', { name: 'What was done or said' }).fill('Sent the price list');
  await page.getByRole('combobox', { name: 'How' }).selectOption('Call');
  await page.getByRole('button', { name: 'Tomorrow' }).click();
  await page.getByRole('button', { name: 'Log it' }).click();
  await page.getByText(/^Follow up again /).waitFor();
  await page.getByRole('list', { name: 'Follow-ups' }).getByText('Call · Ann').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customers-page');

  // The conversation is marked as one with somebody outside, and has the customer beside it.
  await page.getByRole('link', { name: 'Open conversation' }).click();
  await page.getByRole('heading', { name: 'Mia Chen' }).waitFor();
  await page.getByRole('main').getByText('Outside', { exact: true }).waitFor();
  await page.getByText('online · You answer', { exact: true }).waitFor();
  const composer = page.getByRole('textbox', { name: 'Outside: reply to Mia Chen' });
  await composer.fill('Yes, in two blues.');
  await composer.press('Enter');
  await theirs.getByText('Yes, in two blues.').waitFor();
  const answer = page.getByRole('listitem').filter({ hasText: 'Yes, in two blues.' });
  await answer.getByText('Read', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Conversation details' }).click();
  const side = page.getByRole('complementary', { name: 'Details' });
  await side.getByText('Wants three samples first.').waitFor();
  expect(await page.getByRole('button', { name: 'Leave group' }).count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Add members' }).count()).toBe(0);
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customers-conversation');

  // A colleague comes in, finds them in his own list, and reads what was said and written.
  await side.getByRole('button', { name: 'Ask a colleague to help' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /Ben$/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
  await page.getByText('You asked Ben in').waitFor();
  await page.getByText('You answer, 1 helps').waitFor();
  await theirs.getByText(/Ben/).first().waitFor();
  // On his phone customers stand in the bar from now on, and the settings go to the contacts.
  await ben.go('通讯录');
  await ben.page.getByRole('main').getByRole('link', { name: '设置', exact: true }).waitFor();
  await screenshot(ben.page, 'customers-bar-contacts');
  await ben.go('客户');
  await ben.page
    .getByRole('list', { name: '客户' })
    .getByRole('link', { name: /Mia Chen/ })
    .click();
  await ben.page.getByText('Wants three samples first.').waitFor();
  expect(await axe(ben.page)).toEqual([]);
  await ben.page.getByRole('link', { name: '打开会话' }).click();
  await ben.page.getByText('由Ann跟进，1 人协助').waitFor();
  await ben.page.getByText('Do you have it in blue?').waitFor();
  expect(await axe(ben.page)).toEqual([]);
  await screenshot(ben.page, 'customers-phone');

  // Handed over: they are his, and no longer hers.
  await side.getByRole('button', { name: 'Hand over' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /Ben$/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Next' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Hand over', exact: true }).click();
  await ben.page.getByText(/^(在线 · )?由你跟进$/).waitFor();
  await ann.go('Customers');
  await page.getByText('No customers yet.').first().waitFor();
}, 240_000);
