import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey, owner, type Account } from '../support/journey.ts';
import { screenshot } from '../support/person.ts';
import { until } from '../support/relay-process.ts';

/** A site outside, which the relay may ask because its operator says so. */
let asked: string[] = [];
const site = createServer((request, response) => {
  asked.push(`${request.url} ${request.headers['user-agent']}`);
  response.writeHead(200, { 'content-type': 'text/html; charset=gbk' });
  const words =
    '<title>x</title><meta property="og:site_name" content="Tea"><meta property="og:title" content="';
  // "南河茶叶" in GBK, and markup that must stay text.
  const chinese = Buffer.from('c4cfbad3b2e8d2b6', 'hex');
  response.end(Buffer.concat([Buffer.from(words), chinese, Buffer.from(' &lt;b&gt;tea&lt;/b&gt;">')]));
});
await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
const { port } = site.address() as AddressInfo;
const link = `http://127.0.0.1:${port}/tea`;
const title = '南河茶叶 <b>tea</b>';
afterAll(() => new Promise((done) => site.close(done)));

const world = browserWorld({ env: { WEFT_OUTSIDE_HOSTS: `127.0.0.1:${port}` } });

let n = 0;
async function say(by: Account, type: string, data: unknown): Promise<void> {
  const id = `journey-${++n}`;
  const room = `${by.workspace.id}/directory/main`;
  const answer = await fetch(`${world.relay.address}/api/commands`, {
    method: 'POST',
    headers: { authorization: `Bearer ${by.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ commands: [{ id, n, room, type, data }] }),
  });
  expect(await answer.json()).toMatchObject({ results: [{ ok: true }] });
}

describe('what links lead to', () => {
  it('is shown by cards: pages asked by the relay alone, things of the workspace from the device', async () => {
    const { address } = world.relay;
    const [annAccount, benAccount] = await accounts(address, 'Ann', 'Ben', 'Cleo');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(
      await world.newPerson('Ben', { language: 'zh', theme: 'dark', phone: true }),
      'zh',
    );
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.go('Docs');
    await ann.newDocument('Plan for March');
    await ann.saved();
    await ann.go('Messages');
    await ann.startGroup('Crew', ['Ben', 'Cleo']);

    // She sees before what the others will see.
    await ann.composer().fill(`look: ${link}`);
    await ann.page.getByRole('link', { name: title }).waitFor();
    await screenshot(ann.page, 'cards/preview');
    await ann.composer().press('Enter');
    const card = ann.message('look:').getByRole('link', { name: title });
    await card.waitFor();
    await ben.openConversation('Crew');
    await ben.message('look:').getByRole('link', { name: title }).waitFor();
    expect(await card.getAttribute('href')).toBe(link);
    expect(new Set(asked)).toEqual(new Set(['/tea Mozilla/5.0 (compatible; Weft link cards)']));

    // She takes it away, for both; and sends another without one.
    await ann.message('look:').hover();
    await ann.message('look:').getByRole('button', { name: 'More actions' }).click();
    await ann.page.getByRole('menuitem', { name: 'Remove link preview' }).click();
    await card.waitFor({ state: 'detached' });
    await ben.message('look:').getByRole('link', { name: title }).waitFor({ state: 'detached' });
    await ann.composer().fill(`bare: ${link}`);
    await ann.page.getByRole('button', { name: 'Send without preview' }).click();
    await ann.composer().press('Enter');
    await ben.message('bare:').waitFor();

    // A doc and a colleague from the list of everything; on the other device they are known without a network.
    await ann.page.getByRole('button', { name: 'Link a doc, person or group' }).click();
    const dialog = ann.page.getByRole('dialog');
    await dialog.getByRole('searchbox').fill('plan');
    await dialog.getByRole('button', { name: /Plan for March/ }).click();
    await ann.composer().press('Enter');
    await ann.page.getByRole('button', { name: 'Link a doc, person or group' }).click();
    await dialog.getByRole('searchbox').fill('cleo');
    await dialog.getByRole('searchbox').press('Enter');
    await ann.composer().pressSequentially('knows');
    await ann.composer().press('Enter');
    await ann.saved();
    await ben.message('knows').waitFor();
    await ben.person.goOffline();
    await ben
      .message(/Plan for March/)
      .getByRole('link', { name: /Plan for March/ })
      .waitFor();
    await ben
      .message('knows')
      .getByRole('link', { name: /Cleo.*同事/ })
      .waitFor();
    await screenshot(ben.page, 'cards/objects-phone-dark');
    await ben
      .message(/Plan for March/)
      .getByRole('link', { name: /Plan for March/ })
      .click();
    await ben.page.getByLabel('标题', { exact: true }).waitFor();
    expect(await ben.page.getByLabel('标题', { exact: true }).inputValue()).toBe('Plan for March');
    await ben.person.goOnline();

    // A conversation that one is not in says no more than that.
    await ann.startGroup('Secret', ['Cleo', 'admin']);
    await ann.send('hidden words');
    await ann.conversation('Crew').click();
    await ann.composer().fill('there: ');
    await ann.page.getByRole('button', { name: 'Link a doc, person or group' }).click();
    await dialog.getByRole('searchbox').fill('secret');
    await dialog.getByRole('searchbox').press('Enter');
    await ann.composer().press('Enter');
    await ann
      .message('there:')
      .getByRole('link', { name: /Secret.*members/ })
      .waitFor();
    await ben.page.goBack();
    await ben.message('there:').getByText('你不在其中的会话').waitFor();

    expect(await axe(ann.page)).toEqual([]);
    expect(await axe(ben.page)).toEqual([]);
    await screenshot(ann.page, 'cards/conversation');
  });

  it('gets no card when the company wants none, which its administrator says in the settings', async () => {
    const boss = new Journey(await world.newPerson('Boss'));
    await boss.signIn(await owner(world.relay.address));
    await boss.person.open('/settings/workspace');
    await boss.page.getByRole('switch', { name: 'Cards for links' }).click();
    await boss.page.getByText('Saved').first().waitFor();
    await boss.saved();
    await screenshot(boss.page, 'cards/setting');
    await boss.go('Messages');
    asked = [];
    await boss.startDirect('Cleo');
    await boss.send(`quiet: ${link}?other`);
    await boss.saved();
    const { token } = await owner(world.relay.address);
    const preview = await fetch(
      `${world.relay.address}/api/card?url=${encodeURIComponent(`${link}?other`)}`,
      {
        headers: { authorization: `Bearer ${token}` },
      },
    );
    expect(await preview.json()).toEqual({ card: null });
    expect(asked).toEqual([]);
  });
});

describe('a group of a department', () => {
  it('is made with everybody in it and below, from its page and from the dialog', async () => {
    const { address } = world.relay;
    const boss = await owner(address);
    const [dora, emil, flo] = await accounts(address, 'Dora', 'Emil', 'Flo');
    await say(boss, 'department.create', { department: 'sales', name: 'Sales', parent: null, order: 1 });
    await say(boss, 'department.create', { department: 'north', name: 'North', parent: 'sales', order: 1 });
    await say(boss, 'member.place', { members: [dora.member.id, emil.member.id], join: ['sales'] });
    await say(boss, 'member.place', { members: [flo.member.id], join: ['north'] });

    const person = new Journey(await world.newPerson('Dora'));
    await person.signIn(dora);
    await person.person.open('/contacts/department/sales');
    await person.page.getByRole('button', { name: 'New group' }).click();
    await screenshot(person.page, 'cards/department');
    await person.page.getByRole('menuitem', { name: 'With departments below: 3 people' }).click();
    const dialog = person.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Remove Flo' }).waitFor();
    expect(await dialog.getByRole('textbox', { name: 'Group name' }).inputValue()).toBe('Sales');
    await screenshot(person.page, 'cards/department-group');
    expect(await axe(person.page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create with 2 people' }).click();
    await person.page.getByRole('heading', { name: 'Sales' }).first().waitFor();
    await person.page.getByText('3 members').first().waitFor();

    // Without those below, and with somebody else.
    await person.page.getByRole('button', { name: 'New conversation' }).first().click();
    await dialog.getByRole('button', { name: 'Pick several' }).click();
    await dialog.getByRole('button', { name: 'Add a department' }).click();
    await dialog.getByRole('switch', { name: 'With the departments below' }).click();
    await screenshot(person.page, 'cards/department-choice');
    await dialog.getByRole('button', { name: /^North/ }).click();
    await dialog.getByRole('list').getByRole('button', { name: 'Emil' }).click();
    await dialog.getByRole('button', { name: 'Create with 2 people' }).click();
    await person.page.getByRole('heading', { name: 'North' }).first().waitFor();
    await until('both groups on the relay', async () => (await person.conversation('North').count()) === 1);
    await person.saved();
  });
});
