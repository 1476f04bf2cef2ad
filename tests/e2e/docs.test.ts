import { expect, test } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld, type Person } from '../support/browser.ts';
import { newTitle } from '../support/journey.ts';
import { signIn } from '../support/sign-in.ts';

const world = browserWorld();

/** Somebody new in the workspace, who came by an invitation link and went to the documents. */
async function newMember(name: string): Promise<Person> {
  const { address } = world.relay;
  const admin = await signIn(address);
  const invitation = await fetch(`${address}/api/invitations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.token}` },
    body: JSON.stringify({ role: 'member', maxUses: 1, expiresInDays: 1 }),
  });
  const { code } = (await invitation.json()) as { code: string };
  const person = await world.newPerson(name);
  const page = await person.open(`/join/${code}`);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('E-mail').fill(`${name.toLowerCase()}@example.org`);
  await page.getByRole('textbox', { name: 'Password' }).fill(`the password of ${name}`);
  await page.getByRole('button', { name: 'Join' }).click();
  await page
    .getByRole('link', { name: /Documents|Docs/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'New document' }).first().waitFor();
  return person;
}

const text = (person: Person) => person.page.getByRole('textbox', { name: 'Document text' });
const saved = (person: Person) => person.page.getByRole('main').getByText('Saved', { exact: true }).waitFor();

async function newDocument(person: Person, title: string): Promise<string> {
  const field = await newTitle(person.page, { newDoc: 'New document', title: 'Title' });
  await text(person).waitFor();
  await field.fill(title);
  await person.page.keyboard.press('Enter');
  return new URL(person.page.url()).pathname;
}

test('two people write one document, each undoes only own words, and both see who is there', async () => {
  const ann = await newMember('Ann');
  const bo = await newMember('Bo');
  const path = await newDocument(ann, 'Plan');
  await ann.page.keyboard.type('# Aims\nFirst by Ann\n/');
  await ann.page.getByRole('option', { name: /Task list/ }).waitFor();
  await ann.page.keyboard.type('task\nBuy thread');
  await saved(ann);

  await bo.open(path);
  await text(bo).getByRole('listitem').filter({ hasText: 'Buy thread' }).waitFor();
  await bo.page.getByRole('textbox', { name: 'Title' }).waitFor();
  await text(bo).getByText('First by Ann').click();
  await bo.page.keyboard.press('End');
  await bo.page.keyboard.type(' and Bo');
  await text(ann).getByText('First by Ann and Bo').waitFor();
  await ann.page.getByRole('img', { name: /Here now: Bo/ }).waitFor();

  await ann.page.keyboard.type(' and needles');
  // The label of her caret stands in the same line.
  const task = text(bo).getByRole('listitem').getByRole('paragraph');
  await task.filter({ hasText: 'Buy thread and needles' }).waitFor();
  await ann.page.keyboard.press('Control+z');
  await task.filter({ hasText: 'Buy thread', hasNotText: 'needles' }).waitFor();
  await text(bo).getByText('First by Ann and Bo').waitFor();
  await bo.page.getByRole('button', { name: 'Undo', exact: true }).first().click();
  await text(ann).getByText('First by Ann').filter({ hasNotText: 'and Bo' }).waitFor();
  expect(await axe(ann.page, '#content')).toEqual([]);
}, 120_000);

test('a document made and written offline is there after a restart and reaches the others', async () => {
  const chen = await newMember('Chen');
  const dora = await newMember('Dora');
  await newDocument(chen, 'Warm up');
  await saved(chen);
  await chen.goOffline();
  const path = await newDocument(chen, 'In the cellar');
  await chen.page.keyboard.type('No network here');
  await chen.page.getByText('Saved on this device').waitFor();
  await chen.restart(path);
  await text(chen).getByText('No network here').waitFor();
  await chen.goOnline();
  await saved(chen);
  await dora.page.getByRole('link', { name: /In the cellar/ }).click();
  await text(dora).getByText('No network here').waitFor();
}, 120_000);

test('a folder of Markdown files becomes documents that link to each other', async () => {
  const eve = await newMember('Eve');
  const page = eve.page;
  await page.getByRole('button', { name: 'More for the list' }).click();
  await page.getByRole('menuitem', { name: 'Import Markdown' }).click();
  const files = [
    {
      name: 'one.md',
      mimeType: 'text/markdown',
      buffer: Buffer.from('# One\n\n| a | b |\n| - | - |\n| 表 | 格 |\n'),
    },
    { name: 'two.md', mimeType: 'text/markdown', buffer: Buffer.from('# Two\n\nsee [one](one.md)\n') },
    { name: 'old.md', mimeType: 'text/markdown', buffer: Buffer.from([0xd6, 0xd0, 0xce, 0xc4]) },
  ];
  await page.getByLabel('Choose files').setInputFiles(files);
  await page.getByText('2 documents imported').waitFor();
  await page.getByText('not in UTF-8').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
  await page.getByRole('link', { name: /^Two/ }).click();
  await text(eve)
    .getByRole('link', { name: 'one' })
    .click({ modifiers: ['Control'] });
  await text(eve).getByRole('cell', { name: '格' }).waitFor();
}, 120_000);

test('a deleted document is read-only in the trash and comes back whole', async () => {
  const fay = await newMember('Fay');
  const { page } = fay;
  await newDocument(fay, 'Short life');
  await page.keyboard.type('Still here');
  await saved(fay);
  await page.getByRole('button', { name: 'More for this document' }).click();
  await page.getByRole('menuitem', { name: 'Move to trash' }).click();
  await page.getByText('“Short life” is in the trash').waitFor();
  await fay.open('/docs/trash');
  await page.getByRole('link', { name: 'Short life' }).click();
  await page.getByText('can be read, but not changed').waitFor();
  expect(await text(fay).getAttribute('contenteditable')).toBe('false');
  await page.getByRole('button', { name: 'Restore' }).first().click();
  await page.locator('[contenteditable="true"]').getByText('Still here').waitFor();
}, 120_000);
