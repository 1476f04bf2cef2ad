import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readXlsx } from '../../client/ui/sheet/xlsx-in.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';

const world = browserWorld();

const csv = [
  '姓名,手机号,Company,Tags',
  'Mia Chen,+86 139 0000 1111,Nanhe,',
  'Otto,400 555,Kiel,',
  'Otto K,400555,Kiel,',
  'Wrong,none,,gold',
].join('\n');

it('a seller writes a customer down, sends them their link, brings a table in, and makes one of two', async () => {
  await owner(world.relay.address);
  const [annAccount] = await accounts(world.relay.address, 'Ann');
  const ann = new Journey(await world.newPerson('Ann'));
  await ann.signIn(annAccount!);
  const { page } = ann;
  const row = (name: string | RegExp) =>
    page.getByRole('list', { name: 'Customers' }).getByRole('link', { name });

  // Written down without a network; the link works when the company has it.
  await ann.go('Customers');
  await ann.person.goOffline();
  await page.getByRole('button', { name: 'New customer' }).click();
  await page.getByRole('button', { name: 'Add customer' }).click();
  await page.getByText('Fill in a name, a number').waitFor();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mia Chen');
  await page.getByRole('textbox', { name: 'Phone' }).fill('139 0000 1111');
  await screenshot(page, 'customers-exchange/new');
  await page.getByRole('button', { name: 'Add customer' }).click();
  await page.getByRole('heading', { name: 'Mia Chen' }).waitFor();
  await ann.person.goOnline();
  await ann.saved();
  await page.getByText('No conversation yet').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customers-exchange/no-conversation');
  await page.getByRole('button', { name: 'Personal link' }).click();
  const address = await page.getByRole('dialog').locator('code').textContent();
  await ann.saved();
  await screenshot(page, 'customers-exchange/link');
  await page.keyboard.press('Escape');

  const guest = await world.newPerson('Mia');
  const theirs = await guest.open(new URL(address!).pathname);
  await theirs.getByRole('button', { name: 'Agree and start' }).click();
  await theirs.getByText('Hello, this is Ann').waitFor();
  await theirs.getByRole('textbox', { name: 'Message' }).fill('It is me');
  await theirs.getByRole('button', { name: 'Send', exact: true }).click();
  await row(/Mia Chen.*It is me/s).waitFor();
  // It was for one.
  const other = await world.newPerson('Somebody');
  other.excuse(/404/);
  const late = await other.open(new URL(address!).pathname);
  await late.getByText(/link/i).first().waitFor();
  expect(await late.getByRole('button', { name: 'Agree and start' }).count()).toBe(0);

  // A table with one who is here, two who are one, and one with mistakes.
  await ann.person.open('/customers/exchange');
  await page
    .locator('input[type=file][accept^=".xlsx"]')
    .setInputFiles({ name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.getByText('1 new customer · 2 are here already · 1 row with a mistake').waitFor();
  await page.getByText(/No phone number \(none\)/).waitFor();
  await page.getByText('the same number as Mia Chen').waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customers-exchange/preview');
  await page.getByRole('combobox', { name: /Row 2/ }).selectOption('Merge into them');
  await page.getByRole('combobox', { name: /Row 4/ }).selectOption('Add anyway');
  await page.getByRole('button', { name: 'Import 3 rows' }).click();
  await page.getByText('2 added, 1 merged, 0 left out.').waitFor();
  await ann.saved();

  // The two are found, may be said to be two people, made one, and can be two again.
  await ann.person.open('/customers/duplicates');
  await page.getByText('same number', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Not the same: Otto/ }).click();
  await page.getByText('No two of your customers look like one.').waitFor();
  await screenshot(page, 'customers-exchange/not-the-same');
  await page.getByRole('button', { name: /^Undo: Otto/ }).click();
  await screenshot(page, 'customers-exchange/duplicates');
  await page.getByRole('button', { name: /^Merge: Otto/ }).click();
  await page.getByText('Differs: Name', { exact: true }).waitFor();
  expect(await axe(page)).toEqual([]);
  await screenshot(page, 'customers-exchange/merge');
  await page.getByRole('dialog').getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByText('No two of your customers look like one.').waitFor();
  await ann.saved();
  await row(/^Otto/).click();
  await page.getByText('The values differ. Which one is right?').first().waitFor();
  const parts = page.getByRole('list', { name: 'Merged customers' });
  await parts.getByText('No conversation').waitFor();
  await screenshot(page, 'customers-exchange/merged');
  await parts.getByRole('button', { name: 'Take apart' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take apart' }).click();
  await parts.waitFor({ state: 'detached' });
  await ann.saved();
  expect(await row(/Otto/).count()).toBe(2);

  // What goes out as a table comes in again.
  await ann.person.open('/customers/exchange');
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Excel (XLSX)' }).click();
  const rows = readXlsx(readFileSync(await (await coming).path()), 100)!;
  expect(rows[0]!.slice(0, 4)).toEqual(['Name', 'Phone', 'Mail address', 'Company']);
  expect(
    rows
      .slice(1)
      .map(([name]) => name)
      .sort(),
  ).toEqual(['Mia Chen', 'Otto', 'Otto K']);
}, 120_000);
