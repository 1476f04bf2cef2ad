import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { readCode } from '../support/qr-code.ts';

const world = browserWorld();

async function downloaded(page: Page, press: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), press.click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Whoever has no conversation is shown for a moment after each start that everything is fetched. */
async function beginTalking(from: Journey, to: Journey, name: string): Promise<void> {
  await from.startDirect(name);
  await from.send('Good morning');
  await to.page.getByText('Good morning').first().waitFor();
}

const asSource = (type: string, bytes: Buffer): string => `data:${type};base64,${bytes.toString('base64')}`;
const field = (dialog: Locator, name: string): Locator => dialog.getByLabel(name, { exact: true });

it('an administrator makes a link for a team, and its code leads to its address', async () => {
  const [benAccount] = await accounts(world.relay.address, 'Ben', 'Cai');
  const admin = new Journey(await world.newPerson('Admin'));
  const ben = new Journey(await world.newPerson('Ben', { phone: true, language: 'zh', theme: 'dark' }), 'zh');
  await Promise.all([admin.signIn(await owner(world.relay.address)), ben.signIn(benAccount)]);
  await beginTalking(admin, ben, 'Ben');

  // Tags first: the link hands them on.
  await admin.go('Customers');
  await admin.page.getByRole('button', { name: 'Links, replies and settings' }).click();
  await admin.page.getByRole('menuitem', { name: 'Tags, stages and texts' }).click();
  // The company's logo, drawn anew from whatever was chosen: it is in every code that is made.
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script><circle cx="4" cy="4" r="4" fill="#b02a37"/></svg>`;
  await admin.page
    .getByLabel('Picture of the logo')
    .setInputFiles({ name: 'logo.svg', mimeType: 'image/svg+xml', buffer: Buffer.from(drawing) });
  const logo = admin.page.getByRole('img', { name: 'Logo' });
  expect(await logo.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
  await admin.page.getByRole('button', { name: 'New group' }).click();
  const group = admin.page.getByRole('dialog', { name: 'New group' });
  await field(group, 'Name').fill('Interest');
  await field(group, 'Tag 1').fill('Boilers');
  await group.getByRole('button', { name: 'Add tag' }).click();
  await field(group, 'Tag 2').fill('Pumps');
  await group.getByRole('button', { name: 'Move Pumps up' }).click();
  await group.getByRole('button', { name: 'Save' }).click();
  await admin.page.getByText('Pumps · Boilers').waitFor();

  await admin.page.getByRole('button', { name: 'Edit stages' }).click();
  const stages = admin.page.getByRole('dialog', { name: 'Edit stages' });
  await field(stages, 'Stage 2').fill('Offer sent');
  await field(stages, 'Stage 2').press('Alt+ArrowDown');
  await expect.poll(() => field(stages, 'Stage 3').inputValue()).toBe('Offer sent');
  await screenshot(admin.page, 'customers-stages');
  expect(await axe(admin.page)).toEqual([]);
  await stages.getByRole('button', { name: 'Save' }).click();
  const names = admin.page.getByRole('region', { name: 'Stages', exact: true }).getByRole('listitem');
  await expect.poll(() => names.allInnerTexts()).toHaveLength(4);
  expect((await names.allInnerTexts()).map((text) => text.split('\n')[0])).toEqual([
    ...['New', 'Won', 'Offer sent', 'Lost'],
  ]);
  await admin.page.getByRole('button', { name: 'New field' }).click();
  const newField = admin.page.getByRole('dialog', { name: 'New field' });
  await field(newField, 'Name').fill('Size');
  await newField.getByRole('combobox', { name: 'Kind' }).selectOption('choice');
  await field(newField, 'Choices, one on each line').fill('Small\nLarge');
  await newField.getByRole('button', { name: 'Save' }).click();
  await admin.page.getByText('Choice: Small · Large').waitFor();
  const read = admin.page.getByRole('region', { name: 'What customers read' });
  await field(read, 'Privacy notice').fill('We keep it.');
  await read.getByRole('button', { name: 'Save', exact: true }).click();
  await admin.page.getByText('Saved.').waitFor();
  await screenshot(admin.page, 'customers-setup');
  expect(await axe(admin.page)).toEqual([]);

  // Without a network: it counts when the device is back.
  await admin.person.goOffline();
  await admin.page.getByRole('button', { name: 'Links, replies and settings' }).click();
  await admin.page.getByRole('menuitem', { name: 'Contact links' }).click();
  await admin.page.getByRole('button', { name: 'New link' }).click();
  const edit = admin.page.getByRole('dialog', { name: 'New link' });
  await edit.getByRole('button', { name: 'Save' }).click();
  await edit.getByText('It needs a name.').waitFor();
  await field(edit, 'Name').fill('Website');
  await edit.getByRole('radio', { name: 'A team' }).check();
  await edit.getByRole('button', { name: 'Save' }).click();
  await edit.getByText('Choose who answers.').waitFor();
  await edit.getByRole('button', { name: 'Choose people' }).click();
  const choose = admin.page.getByRole('dialog', { name: 'Choose people' });
  await choose.getByRole('button', { name: 'Ben' }).click();
  await choose.getByRole('button', { name: 'Cai' }).click();
  await choose.getByRole('button', { name: 'Choose (2)' }).click();
  await edit.getByRole('radio', { name: 'Fewest customers' }).check();
  await edit.getByRole('switch', { name: 'Working hours' }).click();
  await edit.getByRole('button', { name: 'Sat' }).click();
  await edit.getByRole('button', { name: 'Boilers' }).click();
  await edit.getByLabel('Source').fill('Home page');
  await screenshot(admin.page, 'contact-link-edit');
  expect(await axe(admin.page)).toEqual([]);
  await edit.getByRole('button', { name: 'Save' }).click();

  const shown = admin.page.getByRole('dialog', { name: 'Website' });
  const address = await shown.getByRole('region', { name: 'Link' }).locator('code').innerText();
  expect(address).toMatch(new RegExp(`^${admin.person.address}/c/[A-Za-z0-9]{22}$`));
  const picture = shown.getByRole('img', { name: `QR code of ${address}` });
  expect(await readCode(admin.page, (await picture.getAttribute('src'))!)).toBe(address);
  await screenshot(admin.page, 'contact-link-code');
  expect(await axe(admin.page)).toEqual([]);
  const png = await downloaded(admin.page, shown.getByRole('button', { name: 'Save as PNG' }));
  expect([png.name, await readCode(admin.page, asSource('image/png', png.bytes))]).toEqual([
    ...['Website.png', address],
  ]);
  const svg = await downloaded(admin.page, shown.getByRole('button', { name: 'Save as SVG' }));
  expect([svg.name, await readCode(admin.page, asSource('image/svg+xml', svg.bytes))]).toEqual([
    ...['Website.svg', address],
  ]);
  expect(svg.bytes.toString()).toContain('href="data:image/png;base64,');
  await field(shown, 'Words on the button').fill('Ask <us>');
  const html = await field(shown, 'HTML').inputValue();
  const there = await admin.page.evaluate((text) => {
    const { body } = new DOMParser().parseFromString(text, 'text/html');
    const { href, textContent } = body.querySelector('a')!;
    return { href, textContent, elements: body.querySelectorAll('*').length };
  }, html);
  expect(there).toEqual({ href: address, textContent: 'Ask <us>', elements: 1 });
  await admin.page.keyboard.press('Escape');
  await shown.waitFor({ state: 'hidden' });
  await admin.page.getByText('What you changed is on this device only').waitFor();
  await admin.person.goOnline();
  await admin.saved();

  // Whom customers come to by it sees it, and shows it from the phone; changing it is not theirs.
  await ben.page.goto(`${ben.person.address}/customers/links`);
  await ben.page.getByText('团队按客户数分配：Ben和Cai · Home page · 已开始 0 个会话').waitFor();
  expect(await ben.page.getByRole('switch').count()).toBe(0);
  await screenshot(ben.page, 'contact-links-phone');
  expect(await axe(ben.page)).toEqual([]);
  await ben.page.getByRole('button', { name: 'Website的二维码与链接' }).tap();
  const code = ben.page.getByRole('dialog', { name: 'Website' }).getByRole('img');
  expect(await readCode(ben.page, (await code.getAttribute('src'))!)).toBe(
    address.replace(admin.person.address, ben.person.address),
  );
  await screenshot(ben.page, 'contact-link-code-phone');
  await ben.page.getByRole('button', { name: '关闭' }).tap();
  // Their own is theirs to make.
  await ben.page.getByRole('button', { name: '新建链接' }).tap();
  const own = ben.page.getByRole('dialog', { name: '新建链接' });
  expect(await own.getByText('由谁接待').count()).toBe(0);
  await field(own, '名称').fill('名片');
  await screenshot(ben.page, 'contact-link-edit-phone');
  expect(await axe(ben.page)).toEqual([]);
  await own.getByRole('button', { name: '保存' }).tap();
  await ben.page.getByRole('dialog', { name: '名片' }).getByRole('button', { name: '关闭' }).tap();
  await ben.page.getByRole('switch', { name: '名片' }).waitFor();

  // The administrator sees it, too, and switches links off and takes them away.
  await admin.page.getByRole('switch', { name: '名片' }).waitFor();
  const open = async (): Promise<boolean> =>
    (await fetch(address.replace(`${admin.person.address}/c/`, `${world.relay.address}/api/contact/`))).ok;
  expect(await open()).toBe(true);
  await admin.page.getByRole('switch', { name: 'Website' }).click();
  await admin.page.getByText('switched off').waitFor();
  await admin.saved();
  expect(await open()).toBe(false);
  const guest = await world.newPerson('Guest');
  // What the page is told is what it says.
  guest.excuse(/404/);
  await guest.page.goto(address.replace(admin.person.address, guest.address));
  await guest.page.getByRole('heading', { name: 'This link is not valid' }).waitFor();
  await screenshot(admin.page, 'contact-links');
  expect(await axe(admin.page)).toEqual([]);
  await admin.page.getByRole('button', { name: 'Delete 名片' }).click();
  await admin.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await ben.page.getByRole('switch', { name: '名片' }).waitFor({ state: 'detached' });
}, 240_000);

const flyer = { name: '传单.txt', mimeType: 'text/plain', buffer: Buffer.from('from nine to five') };

it('quick replies are found behind a slash in a conversation with a customer, and nowhere else', async () => {
  const [dinaAccount] = await accounts(world.relay.address, 'Dina', 'Emil');
  const admin = new Journey(await world.newPerson('Admin', { theme: 'dark' }));
  const dina = new Journey(await world.newPerson('Dina', { phone: true, language: 'zh' }), 'zh');
  await Promise.all([admin.signIn(await owner(world.relay.address)), dina.signIn(dinaAccount)]);
  await beginTalking(admin, dina, 'Dina');

  // For everybody: administrators keep them.
  await admin.person.open('/customers/replies');
  const write = async (button: string, title: string, text: string, folder: string): Promise<void> => {
    await admin.page.getByRole('button', { name: button, exact: true }).click();
    const dialog = admin.page.getByRole('dialog');
    await field(dialog, 'Title').fill(title);
    await field(dialog, 'Text').fill(text);
    await dialog.getByLabel('Folder').fill(folder);
    if (folder !== '') await dialog.getByLabel('Files of the reply').setInputFiles(flyer);
    if (folder === '') await screenshot(admin.page, 'quick-reply-edit');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
  };
  await write('New reply for everybody', '营业时间', '{customer}您好，我是{company}的{me}。', '日常');
  await write('New reply of your own', 'Mine alone', 'Nobody else has this', '');
  await screenshot(admin.page, 'quick-replies');
  expect(await axe(admin.page)).toEqual([]);
  await admin.saved();

  // One's own, from the phone, without a network.
  await dina.page.goto(`${dina.person.address}/customers/replies`);
  await dina.page.getByText('营业时间').waitFor();
  expect(await dina.page.getByText('Mine alone').count()).toBe(0);
  expect(await dina.page.getByRole('button', { name: '新建全员快捷回复' }).count()).toBe(0);
  await dina.person.goOffline();
  await dina.page.getByRole('button', { name: '新建个人快捷回复' }).tap();
  const dialog = dina.page.getByRole('dialog');
  await field(dialog, '标题').fill('感谢');
  await field(dialog, '内容').fill('谢谢{customer}！');
  await dialog.getByText('谢谢小安！').waitFor();
  await screenshot(dina.page, 'quick-reply-edit-phone');
  expect(await axe(dina.page)).toEqual([]);
  await dialog.getByRole('button', { name: '保存' }).tap();
  await dina.page.getByRole('button', { name: '编辑感谢' }).waitFor();
  await dina.person.goOnline();

  // Her own link brings a customer, who says what they are called.
  await dina.page.goto(`${dina.person.address}/customers/links`);
  await dina.page.getByRole('button', { name: '新建链接' }).tap();
  await field(dialog, '名称').fill('名片');
  await dialog.getByRole('button', { name: '保存' }).tap();
  const address = await dialog.locator('code').innerText();
  await dialog.getByRole('button', { name: '关闭' }).tap();
  await dina.saved();
  const code = new URL(address).pathname.split('/').at(-1);
  const begin = await fetch(`${world.relay.address}/api/guest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: world.relay.address },
    body: JSON.stringify({ code, language: 'zh', consent: true, name: '李雷' }),
  });
  expect(begin.status).toBe(200);
  const { chat } = (await begin.json()) as { chat: string };
  await dina.page.getByText('已开始 1 个会话').waitFor();

  await dina.page.goto(`${dina.person.address}/messages/${chat.split('/').at(-1)}`);
  const box = dina.page.getByRole('textbox', { name: /李雷/ });
  await box.fill('/');
  const list = dina.page.getByRole('listbox', { name: '快捷回复' });
  await list.waitFor();
  expect(await list.getByRole('option').count()).toBe(2);
  await screenshot(dina.page, 'quick-reply-list-phone');
  expect(await axe(dina.page)).toEqual([]);
  // By the sounds of the title, and by a finger.
  await box.pressSequentially('yysj');
  await list.getByRole('option', { name: /营业时间/ }).tap();
  await expect.poll(() => box.inputValue()).toMatch(/^李雷您好，我是.+的Dina。$/);
  await dina.page.getByRole('list', { name: '待发送的文件' }).getByText('传单.txt').waitFor();
  await box.press('Enter');
  await dina.page
    .getByText(/^李雷您好，我是/)
    .first()
    .waitFor();
  // What the administrator put to the reply belongs to this conversation now.
  const hash = createHash('sha256').update(flyer.buffer).digest('hex');
  const file = `${world.relay.address}/api/blob?room=${encodeURIComponent(chat)}&hash=${hash}&as=guest`;
  const cookie = begin.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  await expect.poll(async () => (await fetch(file, { headers: { cookie } })).status).toBe(200);
  // By the keyboard: Escape leaves a slash a slash.
  await box.fill('');
  await box.pressSequentially('/谢');
  await list.waitFor();
  await box.press('Escape');
  await list.waitFor({ state: 'hidden' });
  await box.fill('');
  await box.pressSequentially('/');
  await box.press('ArrowDown');
  await box.press('ArrowUp');
  await box.press('Enter');
  await expect.poll(() => box.inputValue()).toBe('谢谢李雷！');
  expect(await box.evaluate((each) => each === document.activeElement)).toBe(true);
  // By somebody who knows of no slash: before what is written already.
  await dina.page.getByRole('button', { name: '添加', exact: true }).tap();
  await dina.page.getByRole('menuitem', { name: '快捷回复' }).tap();
  await list.getByRole('option', { name: /营业时间/ }).waitFor();
  await list.getByRole('option', { name: /感谢/ }).tap();
  await expect.poll(() => box.inputValue()).toBe('谢谢李雷！谢谢李雷！');

  // Among colleagues there are none.
  await admin.go('Messages');
  await admin.startDirect('Emil');
  await admin.composer().pressSequentially('/nobody');
  expect(await admin.page.getByRole('listbox').count()).toBe(0);
}, 240_000);
