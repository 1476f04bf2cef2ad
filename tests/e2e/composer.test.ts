import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';

const world = browserWorld();

it('a message is sent as urgent at once, to whom it names in a group, and without a network', async () => {
  const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben', 'Cai');
  const ann = new Journey(await world.newPerson('Ann'));
  const ben = new Journey(await world.newPerson('Ben', { phone: true, language: 'zh', theme: 'dark' }), 'zh');
  await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
  const ways = (by: Journey, name = 'Other ways to send') =>
    by.page.getByRole('button', { name, exact: true });
  const urgent = (by: Journey, words: string) =>
    by.page.getByRole('region', { name: /^(Urgent messages|加急消息)$/ }).getByText(words);

  await ann.startGroup('Boiler room', ['Ben', 'Cai']);
  await ann.person.goOffline();
  // There is nothing to send, so there are no ways to.
  expect(await ways(ann).count()).toBe(0);
  await ann.composer().fill('It leaks @Ben ');
  await ways(ann).click();
  await ann.page.getByRole('menuitem', { name: 'Send as urgent …' }).click();
  const dialog = ann.page.getByRole('dialog', { name: 'Send as urgent' });
  expect(await dialog.getByRole('checkbox', { name: 'Ben' }).isChecked()).toBe(true);
  expect(await dialog.getByRole('checkbox', { name: 'Cai' }).isChecked()).toBe(false);
  await screenshot(ann.page, 'send-urgent-group');
  expect(await axe(ann.page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Send as urgent' }).click();
  await ann.message('It leaks').getByText('Urgent · 0 of 1 confirmed').waitFor();
  const hasFocus = (by: Journey) => by.composer().evaluate((box) => box === document.activeElement);
  await expect.poll(() => hasFocus(ann)).toBe(true);
  await ann.person.goOnline();
  await urgent(ben, 'It leaks').waitFor();

  // From the phone, to one person: nothing has to be chosen.
  await ben.page.getByRole('region', { name: '加急消息' }).getByRole('button', { name: '确认收到' }).tap();
  await ann.message('It leaks').getByText('Urgent · confirmed').waitFor();
  await ben.page.getByRole('button', { name: '发起会话' }).first().tap();
  await ben.page.getByRole('dialog').getByRole('list').getByRole('button', { name: 'Ann' }).tap();
  await ben.composer().fill('Which one?');
  await ways(ben, '其他发送方式').tap();
  await screenshot(ben.page, 'send-urgent-phone');
  await ben.page.getByRole('menuitem', { name: '加急发送' }).tap();
  await ben.message('Which one?').getByText('加急 · 0/1 人已确认').waitFor();
  await urgent(ann, 'Which one?').waitFor();
  await expect.poll(() => hasFocus(ben)).toBe(true);
  expect(await axe(ben.page)).toEqual([]);
}, 90_000);

/** What the device has of drafts: their words, or what lies beside them. */
const kept = (page: Page, store: 'drafts' | 'draftFiles'): Promise<string[]> =>
  page.evaluate(async (of) => {
    const asked = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error!);
      });
    const found = (await indexedDB.databases()).find(({ name }) => /^weft:[^:]+:[^:]+$/.test(name ?? ''));
    const db = await asked(indexedDB.open(found!.name!));
    const rows = await asked(db.transaction(of).objectStore(of).getAll());
    db.close();
    return rows.map((row: unknown) => (typeof row === 'string' ? row : (row as { name: string }).name));
  }, store);
const keptWords = (page: Page): Promise<string[]> => kept(page, 'drafts');
/** The names of files. */
const keptFiles = (page: Page): Promise<string[]> => kept(page, 'draftFiles');

it('files that wait to be sent outlive the page, as words do', async () => {
  const [danAccount, eveAccount] = await accounts(world.relay.address, 'Dan', 'Eve');
  const dan = new Journey(await world.newPerson('Dan'));
  const eve = new Journey(await world.newPerson('Eve'));
  await Promise.all([dan.signIn(danAccount), eve.signIn(eveAccount)]);
  await dan.startDirect('Eve');
  const plan = Buffer.from('the plan, in all its length');
  const input = dan.page.locator('input[type=file][multiple]');
  const picture = { name: 'harbour.png', mimeType: 'image/png', buffer: await dan.page.screenshot() };
  const file = { name: 'plan.txt', mimeType: 'text/plain', buffer: plan };
  await dan.composer().fill('Both of them');
  await input.setInputFiles([picture, file, { ...file, name: 'a slip.txt' }]);
  await dan.page.getByRole('button', { name: 'Remove a slip.txt' }).click();
  const { pathname } = new URL(dan.page.url());
  await dan.go('Docs');
  await expect.poll(() => keptFiles(dan.page), { timeout: 15_000 }).toEqual(['harbour.png', 'plan.txt']);

  await dan.person.goOffline();
  await dan.person.restart(pathname);
  // Of the page that is open then.
  const waiting = () => dan.page.getByRole('list', { name: 'Files to send' }).getByRole('listitem');
  await expect
    .poll(() => waiting().evaluateAll((items) => items.map((item) => item.ariaLabel)), { timeout: 15_000 })
    .toEqual(['harbour.png', 'plan.txt']);
  await expect.poll(() => dan.composer().inputValue()).toBe('Both of them');
  await dan.page.getByRole('button', { name: 'Send', exact: true }).click();
  await dan.message('Both of them').waitFor();
  await expect.poll(() => keptFiles(dan.page), { timeout: 15_000 }).toEqual([]);
  await dan.person.restart(pathname);
  await dan.message('Both of them').waitFor();
  await dan.composer().waitFor();
  expect(await waiting().count()).toBe(0);
  await dan.person.goOnline();

  await eve.openConversation('Dan');
  await eve.page.getByRole('button', { name: 'Picture harbour.png' }).waitFor();
  const coming = eve.page.waitForEvent('download');
  await eve.page.getByRole('button', { name: 'Download plan.txt' }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await coming).createReadStream()) chunks.push(chunk as Buffer);
  const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  expect(sha(Buffer.concat(chunks))).toBe(sha(plan));
}, 90_000);

it('an answer that was begun in a thread outlives the page with its files, apart from what was begun in the conversation', async () => {
  const [ivoAccount] = await accounts(world.relay.address, 'Ivo', 'Jan');
  const ivo = new Journey(await world.newPerson('Ivo'));
  await ivo.signIn(ivoAccount);
  await ivo.startDirect('Jan');
  await ivo.send('Who has the key?');
  await ivo.message('Who has the key?').hover();
  await ivo.page.getByRole('button', { name: 'Reply', exact: true }).click();
  await ivo.send('The small one.');
  const openThread = () => ivo.page.getByRole('button', { name: '1 reply', exact: true }).click();
  const side = () => ivo.page.getByRole('complementary');
  const answer = () => side().getByRole('textbox', { name: 'Message to Jan' });
  const words = () => ivo.page.getByRole('main').getByRole('textbox', { name: 'Message to Jan' });
  await openThread();
  await answer().fill('Under the');
  const file = { name: 'mat.txt', mimeType: 'text/plain', buffer: Buffer.from('the mat') };
  await side().locator('input[type=file][multiple]').setInputFiles([file]);
  await words().fill('Something else');
  const { pathname } = new URL(ivo.page.url());
  await expect.poll(() => keptFiles(ivo.page), { timeout: 15_000 }).toEqual(['mat.txt']);
  await expect
    .poll(async () => (await keptWords(ivo.page)).sort(), { timeout: 15_000 })
    .toEqual(['Something else', 'Under the']);

  await ivo.person.goOffline();
  await ivo.person.restart(pathname);
  await expect.poll(() => words().inputValue()).toBe('Something else');
  await openThread();
  await expect.poll(() => answer().inputValue()).toBe('Under the');
  await side().getByRole('list', { name: 'Files to send' }).getByText('mat.txt').waitFor();
  await answer().press('Enter');
  await side().getByRole('list', { name: 'Thread' }).getByText('Under the').waitFor();
  await expect.poll(() => keptFiles(ivo.page), { timeout: 15_000 }).toEqual([]);
  expect(await words().inputValue()).toBe('Something else');
  await ivo.person.goOnline();
  await ivo.saved();
}, 90_000);

it('a row that is drawn aside shows what can be done with it, and a tap beside that puts it back', async () => {
  const [fayAccount] = await accounts(world.relay.address, 'Fay', 'Gus', 'Hal');
  const fay = new Journey(await world.newPerson('Fay', { phone: true }));
  await fay.signIn(fayAccount);
  for (const title of ['Harbour', 'Kitchen']) {
    await fay.startGroup(title, ['Gus', 'Hal']);
    await fay.page.getByRole('button', { name: 'Back to messages' }).tap();
  }
  const touch = await fay.page.context().newCDPSession(fay.page);
  const draw = async (title: string, by: number): Promise<void> => {
    const box = await fay.conversation(title).boundingBox();
    if (!box) throw new Error('the row is not on the screen');
    const [x, y] = [box.x + box.width - 40, box.y + box.height / 2];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
    for (let step = 1; step <= 4; step++)
      await touch.send('Input.dispatchTouchEvent', {
        type: 'touchMove',
        touchPoints: [{ x: x + (by * step) / 4, y }],
      });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  };
  const action = (name: string) => fay.page.getByRole('button', { name, exact: true });

  await draw('Harbour', -240);
  await action('Mute').waitFor();
  await screenshot(fay.page, 'swiped-row');
  // Another one, and the first goes back.
  await draw('Kitchen', -240);
  await expect.poll(() => action('Mute').count()).toBe(1);
  // Clicks: what a finger does this soon after drawing something is no tap for Chromium.
  const row = await fay.conversation('Kitchen').boundingBox();
  await fay.page.mouse.click(60, (row?.y ?? 0) + 20);
  await action('Mute').waitFor({ state: 'detached' });
  expect(new URL(fay.page.url()).pathname).toBe('/messages');

  await draw('Kitchen', -240);
  await action('Pin to the top').click();
  await fay.conversation('Kitchen').getByText('Pinned').waitFor({ state: 'attached' });
  expect(new URL(fay.page.url()).pathname).toBe('/messages');
}, 60_000);

it('whoever never said whether they want to be told is asked once, and the browser only after a yes', async () => {
  const [ivyAccount, joeAccount] = await accounts(world.relay.address, 'Ivy', 'Joe');
  const ivy = new Journey(await world.newPerson('Ivy'));
  const joe = new Journey(await world.newPerson('Joe', { phone: true }));
  // What a browser says of which nobody was asked, and how often its own question was put.
  for (const { person } of [ivy, joe])
    await person.context.addInitScript(() => {
      const state = { permission: 'default', asked: 0 };
      Object.assign(globalThis, { notificationState: state });
      Object.defineProperty(Notification, 'permission', { get: () => state.permission });
      Notification.requestPermission = () => {
        state.asked += 1;
        state.permission = 'denied';
        return Promise.resolve('denied');
      };
    });
  const asked = (by: Journey): Promise<number> =>
    by.page.evaluate(
      () => (globalThis as unknown as { notificationState: { asked: number } }).notificationState.asked,
    );
  const offer = (by: Journey) => by.page.getByRole('region', { name: 'Turn on notifications?' });
  await Promise.all([ivy.signIn(ivyAccount), joe.signIn(joeAccount)]);
  await ivy.startDirect('Joe');
  await ivy.send('Good morning');
  await offer(joe).waitFor();
  await screenshot(joe.page, 'notifications-offer-phone');
  expect(await axe(joe.page)).toEqual([]);
  expect(await offer(ivy).count()).toBe(0);
  await offer(joe).getByRole('button', { name: 'No, thanks' }).tap();
  await offer(joe).waitFor({ state: 'detached' });

  await joe.openConversation('Ivy');
  await joe.page.getByRole('button', { name: 'Back to messages' }).tap();
  await ivy.page.getByRole('link', { name: 'Settings' }).first().click();
  await joe.openConversation('Ivy');
  await joe.send('Hello to you');
  await ivy.go('Messages');
  await offer(ivy).waitFor();
  await screenshot(ivy.page, 'notifications-offer');
  expect(await asked(ivy)).toBe(0);
  await offer(ivy).getByRole('button', { name: 'Turn on' }).click();
  await offer(ivy).waitFor({ state: 'detached' });
  expect([await asked(ivy), await asked(joe)]).toEqual([1, 0]);

  // Not with the next page either.
  await joe.page.getByRole('button', { name: 'Back to messages' }).tap();
  await joe.page.reload();
  await joe.conversation('Ivy').waitFor();
  await ivy.openConversation('Joe');
  await ivy.send('Still there?');
  await joe.conversation('Ivy').getByText('Still there?').waitFor();
  expect(await offer(joe).count()).toBe(0);
}, 60_000);
