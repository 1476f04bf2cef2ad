import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { newId } from '../../shared/base/ids.ts';
import { browserWorld } from '../support/browser.ts';
import { sendCommands } from '../support/journey-commands.ts';
import { accounts, Journey, owner } from '../support/journey.ts';

const world = browserWorld();

/** Which of these words stand anywhere in what this browser keeps. */
const kept = (page: Page, words: readonly string[]): Promise<string[]> =>
  page.evaluate(async (looked) => {
    const open = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        request.onsuccess = () => done(request.result);
        request.onerror = () => failed(new Error('a database could not be read'));
      });
    let all = '';
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await open(indexedDB.open(name));
      for (const store of Array.from(database.objectStoreNames))
        all += JSON.stringify(await open(database.transaction(store).objectStore(store).getAll()));
      database.close();
    }
    return looked.filter((word) => all.includes(word));
  }, words);

describe('a hidden department', () => {
  it('is on the screens and disks of its own people alone, and its people keep their names in conversations', async () => {
    const { address } = world.relay;
    const [kim, gus] = await accounts(address, 'Kim Sato', 'Gus Vogel');
    const admin = await owner(address);
    const { id: workspace } = admin.workspace;
    const directory = `${workspace}/directory/main` as never;
    await sendCommands(address, admin, 1, [
      [directory, 'department.create', { department: 'lab-id', name: 'Laboratory', parent: null, order: 1 }],
      [directory, 'department.create', { department: 'works', name: 'Works', parent: null, order: 2 }],
      [directory, 'member.place', { members: [gus.member.id], join: ['lab-id'] }],
      [directory, 'member.place', { members: [kim.member.id], join: ['works'] }],
      [directory, 'member.edit', { member: gus.member.id, phone: '555-0100', post: 'Chemist' }],
    ]);
    const plans = `${workspace}/chat/${newId()}` as never;
    await sendCommands(address, gus, 1, [
      [plans, 'chat.create', { type: 'group', title: 'Plans', members: [kim.member.id] }],
      [plans, 'chat.send', { text: 'good morning' }],
    ]);
    const secrets = ['Laboratory', 'lab-id', '555-0100', 'Chemist', gus.email];

    const ann = new Journey(await world.newPerson('Admin'));
    const phone = new Journey(await world.newPerson('Kim Sato', { phone: true, language: 'zh' }), 'zh');
    await Promise.all([ann.signIn(admin), phone.signIn(kim)]);
    const people = (page: Page) => page.getByRole('list', { name: /^(People|成员)$/ }).first();
    await phone.go('通讯录');
    await people(phone.page)
      .getByRole('button', { name: /Laboratory/ })
      .waitFor();
    expect(await kept(phone.page, secrets)).toEqual(secrets);

    // The administrator hides it, and reads in words what that means.
    const { page } = ann;
    await ann.person.open('/contacts/department/lab-id');
    const row = page.getByText('Visible to', { exact: true });
    await row.waitFor();
    const change = page.locator('dl > div').filter({ has: row }).getByRole('button', { name: 'Choose' });
    await change.click();
    const dialog = page.getByRole('dialog', { name: 'Visible to' });
    await dialog.getByRole('radio', { name: 'Its own people' }).check({ force: true });
    await dialog.getByText(/^People in this department and below/).waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('“Laboratory” is hidden from others.').waitFor();
    await page.getByText('Its own people only').waitFor();
    await people(page)
      .getByRole('button', { name: /^Laboratory.*hidden from others/ })
      .waitFor();

    // It goes from the phone: from the list, from what is found, and from the disk.
    await people(phone.page)
      .getByRole('button', { name: /Laboratory/ })
      .waitFor({ state: 'detached' });
    await people(phone.page).getByRole('button', { name: /Works/ }).waitFor();
    await phone.page.getByRole('searchbox').fill('Gus');
    await phone.page.getByText('没有找到“Gus”。').waitFor();
    expect(await kept(phone.page, secrets)).toEqual([]);

    // Who is in a conversation with Kim has a name there, also without a network, and no card.
    await phone.person.open('/messages');
    await phone.openConversation('Plans');
    await phone.message('good morning').filter({ hasText: 'Gus Vogel' }).waitFor();
    await phone.person.goOffline();
    await phone.person.open(`/contacts/${gus.member.id}`);
    await phone.page.getByText('此人所在的部门对你不可见，你只能看到姓名。').waitFor();
    await phone.page.getByRole('heading', { name: 'Gus Vogel' }).waitFor();
    await phone.person.goOnline();
    expect(await kept(phone.page, secrets)).toEqual([]);

    // Shown to Kim by name, it is there again; the log of administration has both.
    await change.click();
    await dialog.getByRole('button', { name: 'Add people' }).click();
    const choice = page.getByRole('dialog', { name: 'Also visible to' });
    await choice.getByRole('searchbox').fill('Kim');
    await choice.getByRole('list').getByRole('button', { name: 'Kim Sato' }).click();
    await choice.getByRole('button', { name: /^Add people/ }).click();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Its own people, Kim Sato').waitFor();
    await phone.page.getByText('Chemist', { exact: true }).waitFor();
    await phone.person.open('/contacts/department/lab-id');
    await phone.page.getByText('部分人', { exact: true }).waitFor();
    await ann.person.open('/contacts/audit');
    const log = page.getByRole('list', { name: 'Audit log' });
    await log.getByText('hid the department “Laboratory” from others but Kim Sato').waitFor();
    await log.getByText(/hid the department “Laboratory” from others$/).waitFor();
  });

  it('leaves its people their names in a doc that they have open, and whoever met them can write to them', async () => {
    const { address } = world.relay;
    const [kim, gus] = await accounts(address, 'Kim Park', 'Gus Stone');
    const admin = await owner(address);
    const { id: workspace } = admin.workspace;
    const directory = `${workspace}/directory/main` as never;
    await sendCommands(address, admin, 1_001, [
      [directory, 'department.create', { department: 'vault', name: 'Vault', parent: null, order: 3 }],
      [directory, 'member.place', { members: [gus.member.id], join: ['vault'] }],
      [directory, 'department.show', { department: 'vault', shownTo: { departments: [], members: [] } }],
    ]);
    const [hers, his] = [
      new Journey(await world.newPerson('Kim')),
      new Journey(await world.newPerson('Gus')),
    ];
    await Promise.all([hers.signIn(kim), his.signIn(gus)]);
    await his.go('Docs');
    await his.newDocument('Rota');
    await hers.go('Docs');
    await hers.openDocument('Rota');
    await hers.page.getByRole('img', { name: 'Here now: Gus Stone' }).waitFor();

    await hers.person.open(`/contacts/${gus.member.id}`);
    await hers.page.getByRole('link', { name: 'Message', exact: true }).click();
    await hers.send('good morning');
    await hers.conversation('Gus Stone').waitFor();
    // He is there, but that is not for her to know, nor is the opposite said.
    expect(await hers.page.getByText(/^(online|offline)$/).count()).toBe(0);
    await his.go('Messages');
    await his.conversation('Kim Park').waitFor();
  });
});
