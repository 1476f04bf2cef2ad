import { expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';
import { readCode } from '../support/qr-code.ts';

const world = browserWorld();

it('a customer who scanned a code stays with the company when their seller is away and leaves it', async () => {
  const [annAccount, , caraAccount] = await accounts(world.relay.address, 'Ann', 'Ben', 'Cara');
  const admin = new Journey(await world.newPerson('Admin'));
  const ann = new Journey(await world.newPerson('Ann'));
  const cara = new Journey(
    await world.newPerson('Cara', { phone: true, language: 'zh', theme: 'dark' }),
    'zh',
  );
  await Promise.all([
    admin.signIn(await owner(world.relay.address)),
    ann.signIn(annAccount),
    cara.signIn(caraAccount),
  ]);
  const { page } = ann;
  const company = await owner(world.relay.address);
  await sendCommands(world.relay.address, company, 1, [
    [
      `${company.workspace.id}/customers/main` as RoomId,
      'customers.tagGroup',
      { id: 'kind', name: 'Kind', place: 1, tags: [{ id: 'vip', name: 'VIP' }] },
    ],
  ]);

  // A link of her own, and the picture that she puts into her window.
  await ann.go('Customers');
  await page.getByRole('button', { name: 'Links, replies and settings' }).click();
  await page.getByRole('menuitem', { name: 'Contact links' }).click();
  await page.getByRole('button', { name: 'New link' }).click();
  const edit = page.getByRole('dialog', { name: 'New link' });
  await edit.getByLabel('Name', { exact: true }).fill('Window');
  await edit.getByRole('button', { name: 'Save' }).click();
  const shown = page.getByRole('dialog', { name: 'Window' });
  const picture = shown.getByRole('img', { name: /^QR code of/ });
  const address = (await readCode(page, (await picture.getAttribute('src'))!))!;
  await page.keyboard.press('Escape');
  await ann.saved();

  // Somebody scans it with a phone, without an account, and is told who this is.
  const guest = await world.newPerson('Mia', { phone: true });
  const theirs = await guest.open(new URL(address).pathname);
  await theirs.getByRole('button', { name: 'Agree and start' }).tap();
  // What it says before one agrees begins with the same words.
  const message = theirs.getByRole('textbox', { name: 'Message' });
  await message.waitFor();
  await theirs.getByText(/^Hello, this is Ann of /).waitFor();
  await theirs.getByRole('button', { name: 'Verified', exact: true }).tap();
  await theirs.getByText(new URL(guest.address).host).first().waitFor();
  await theirs.getByRole('button', { name: 'Close' }).first().tap();
  const say = async (text: string): Promise<void> => {
    await message.fill(text);
    await theirs.getByRole('button', { name: 'Send', exact: true }).tap();
    await theirs.getByText(text).waitFor();
  };
  await say('Do you have it in blue?');

  // Both ways, also when one of them has no network for a while.
  await ann.go('Customers');
  const row = page.getByRole('list', { name: 'Customers' }).getByRole('link', { name: /in blue/ });
  await row.click();
  await page.getByRole('button', { name: 'Change tags' }).click();
  await page.getByRole('checkbox', { name: 'VIP' }).check();
  await page.keyboard.press('Escape');
  await page.getByRole('list', { name: 'Tags' }).getByText('VIP').waitFor();
  await page.getByRole('link', { name: 'Open conversation' }).click();
  const composer = page.getByRole('textbox', { name: /^Outside: reply to/ });
  const answer = async (text: string): Promise<void> => {
    await composer.fill(text);
    await composer.press('Enter');
  };
  await ann.person.goOffline();
  await answer('Yes, in two blues.');
  await ann.person.goOnline();
  await theirs.getByText('Yes, in two blues.').waitFor();
  await guest.goOffline();
  await say('The darker one, please.');
  await guest.goOnline();
  await page.getByText('The darker one, please.').first().waitFor();

  // What she writes down goes with them, and a colleague comes in.
  await page.getByRole('button', { name: 'Conversation details' }).click();
  const side = page.getByRole('complementary', { name: 'Details' });
  await side.getByRole('textbox', { name: 'New note' }).fill('Wants the darker blue.');
  await side.getByRole('button', { name: 'Add note' }).click();
  await side.getByRole('list', { name: 'Notes' }).getByText('Wants the darker blue.').waitFor();
  await side.getByRole('button', { name: 'Ask a colleague to help' }).click();
  await page.getByRole('dialog').getByRole('button', { name: /Ben$/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
  await page.getByText('You asked Ben in').waitFor();
  await ann.saved();

  // She is out of reach, and leaves the company: her customers go to Cara first.
  await ann.person.goOffline();
  await admin.go('Contacts');
  await admin.page.goto(`${admin.person.address}/contacts/${annAccount.member.id}`);
  await admin.page.getByRole('button', { name: 'Remove from workspace' }).click();
  const leaving = admin.page.getByRole('dialog', { name: 'Remove Ann?' });
  await leaving
    .getByText(/^1 customer would have nobody to answer.+1 contact link would lead to nobody/)
    .waitFor();
  await screenshot(admin.page, 'handover-leaving');
  await leaving.getByRole('button', { name: 'Hand over customers' }).click();
  const handing = admin.page.getByRole('dialog', { name: 'Hand over all customers of Ann' });
  await handing.getByRole('button', { name: /Cara$/ }).click();
  await screenshot(admin.page, 'handover-who');
  await handing.getByRole('button', { name: 'Next' }).click();
  expect(await axe(admin.page)).toEqual([]);
  await screenshot(admin.page, 'handover-how');
  await Promise.all([
    cara.page.getByText('Admin把 1 位客户移交给了你。').waitFor(),
    handing.getByRole('button', { name: 'Hand over', exact: true }).click(),
  ]);
  await theirs.getByText('Hello, Cara looks after you from now on, in place of Ann.').waitFor();
  await leaving.getByText(/nobody to answer/).waitFor({ state: 'detached' });
  await leaving.getByRole('button', { name: 'Remove', exact: true }).click();
  await admin.page
    .getByText(/Left the company on/)
    .first()
    .waitFor();
  await admin.page.goto(`${admin.person.address}/customers/handovers`);
  await admin.page.getByText('1 customer handed over · 1 contact link went along').waitFor();
  // The code that she had printed leads to Cara.
  const printed = await fetch(`${world.relay.address}/api/contact/${new URL(address).pathname.slice(3)}`);
  expect(await printed.json()).toMatchObject({ person: { name: 'Cara' } });
  await admin.page.getByText('Ann to Cara').waitFor();
  expect(await axe(admin.page)).toEqual([]);
  await screenshot(admin.page, 'handovers');

  // The conversation goes on with whoever has it now, who knows all that was said and written.
  await say('Are you still there?');
  await cara.page.goto(`${cara.person.address}/customers`);
  await cara.page
    .getByRole('list', { name: '客户' })
    .getByRole('link', { name: /still there/ })
    .tap();
  await cara.page.getByText('Wants the darker blue.').waitFor();
  await cara.page.getByText('VIP').first().waitFor();
  await cara.page.getByRole('link', { name: '打开会话' }).tap();
  for (const text of ['Do you have it in blue?', 'Yes, in two blues.', 'The darker one, please.'])
    await cara.page.getByText(text).first().waitFor();
  const hers = cara.page.getByRole('textbox', { name: /^外部/ });
  await hers.fill('Of course.');
  await hers.press('Enter');
  await theirs.getByText('Of course.').waitFor();
  await theirs.getByText('Do you have it in blue?').waitFor();
  await screenshot(theirs, 'handover-guest');

  // The one who left comes back to a network: nothing of it is on her device any more.
  ann.person.excuse(/401/);
  await ann.person.goOnline();
  await page.getByText(/You are no longer a member/).waitFor();
  await page.goto(`${ann.person.address}/customers`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
  expect(await page.getByText('Wants the darker blue.').count()).toBe(0);
  const kept = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  expect(kept.filter((name) => name?.includes(annAccount.member.id))).toEqual([]);
}, 240_000);
