import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { sendCommands } from '../support/journey-commands.ts';
import { accounts, Journey, owner } from '../support/journey.ts';

const world = browserWorld();

/** A picture that is wider than high, as a camera makes them. */
async function photograph(page: Page): Promise<Buffer> {
  const address = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [900, 600];
    const context = canvas.getContext('2d')!;
    const sky = context.createLinearGradient(0, 0, 0, 600);
    sky.addColorStop(0, '#c7e0f4');
    sky.addColorStop(1, '#e8d9c5');
    context.fillStyle = sky;
    context.fillRect(0, 0, 900, 600);
    context.fillStyle = '#6b4a35';
    context.beginPath();
    context.arc(450, 260, 130, 0, 7);
    context.arc(450, 620, 220, 0, 7);
    context.fill();
    return canvas.toDataURL('image/png');
  });
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
}

/** The pictures of people that are drawn; avatars are for the eye alone, so nothing announces them. */
const faces = (page: Page): Promise<number[]> =>
  page
    .locator('.avatar img')
    .evaluateAll((all) => (all as HTMLImageElement[]).map(({ naturalWidth }) => naturalWidth));
const seesFace = (page: Page): Promise<void> => expect.poll(() => faces(page)).toContain(256);

it('a photo is chosen without a network, seen by colleagues and customers, and taken away again', async () => {
  const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben');
  const company = await owner(world.relay.address);
  const admin = new Journey(await world.newPerson('Admin', { theme: 'dark' }));
  const ann = new Journey(await world.newPerson('Ann'));
  const ben = new Journey(await world.newPerson('Ben', { phone: true, language: 'zh' }), 'zh');
  await Promise.all([admin.signIn(company), ann.signIn(annAccount), ben.signIn(benAccount)]);

  await ann.person.open('/settings/profile');
  await ann.page.getByRole('button', { name: 'Choose photo' }).waitFor();
  const buffer = await photograph(ann.page);
  await ann.person.goOffline();
  await ann.page.getByLabel('Photo').setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer });
  await ann.page.getByText('Photo saved').waitFor();
  await seesFace(ann.page);
  expect(await axe(ann.page)).toEqual([]);
  await screenshot(ann.page, 'photo-settings');
  await ann.person.goOnline();
  await ann.saved();

  // A colleague sees it, and keeps it without a network.
  const card = `/contacts/${annAccount.member.id}`;
  await ben.person.open(card);
  await seesFace(ben.page);
  await screenshot(ben.page, 'photo-card-phone');
  await ben.person.goOffline();
  await ben.person.restart();
  await ben.person.open(card);
  await seesFace(ben.page);

  // A customer sees who it is before and after they agree.
  const code = 'Abcdefghijklmnop';
  await sendCommands(world.relay.address, company, 1, [
    [
      `${company.workspace.id}/customers/main` as RoomId,
      'customers.link',
      {
        ...{ id: 'card', code, name: 'Card', on: true, until: null, source: '', tags: [], away: '' },
        ...{ welcome: 'Hello', hours: null, to: { member: annAccount.member.id } },
      },
    ],
  ]);
  const guest = await world.newPerson('Mia', { phone: true });
  const theirs = await guest.open(`/c/${code}`);
  await seesFace(theirs);
  await screenshot(theirs, 'photo-guest-first');
  await theirs.getByRole('button', { name: 'Agree and start' }).tap();
  const box = theirs.getByRole('textbox', { name: 'Message' });
  await box.waitFor();
  await theirs.getByText('Hello').waitFor();
  await seesFace(theirs);
  await screenshot(theirs, 'photo-guest');
  expect(await axe(theirs)).toEqual([]);
  await box.fill('Do you have it in blue?');
  await theirs.getByRole('button', { name: 'Send', exact: true }).tap();
  await ann.go('Messages');
  await ann.page.getByRole('link', { name: /Do you have it in blue/ }).click();
  await seesFace(ann.page);
  await screenshot(ann.page, 'photo-chat');

  await admin.person.open(card);
  await seesFace(admin.page);
  await screenshot(admin.page, 'photo-card');
  await admin.page.getByRole('button', { name: 'Remove photo' }).click();
  await expect.poll(() => faces(admin.page)).toEqual([]);
  await expect.poll(() => faces(ann.page)).toEqual([]);
}, 240_000);
