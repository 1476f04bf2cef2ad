import { expect, it } from 'vitest';
import { newId, type RoomId } from '../../shared/base/ids.ts';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey, owner } from '../support/journey.ts';
import { sendCommands, type Command } from '../support/journey-commands.ts';

const world = browserWorld();

it('a seller moves customers from stage to stage, keeps a segment of them, and changes several at once', async () => {
  const admin = await owner(world.relay.address);
  const [account] = await accounts(world.relay.address, 'Ann');
  const room = (kind: string, id: string): RoomId => `${admin.workspace.id}/${kind}/${id}` as RoomId;
  await sendCommands(world.relay.address, admin, 1, [
    [
      room('customers', 'main'),
      'customers.tagGroup',
      { id: 'kind', name: 'Kind', place: 1, tags: [{ id: 'vip', name: 'VIP' }] },
    ],
  ]);
  const names = ['Mia', 'Leo', '李明'];
  await sendCommands(
    world.relay.address,
    account,
    1,
    names.map((name): Command => [
      room('customer', newId()),
      'customer.create',
      { values: { name, company: name === 'Leo' ? 'Harbour' : 'Hill' }, tags: [], source: '' },
    ]),
  );
  const ann = new Journey(await world.newPerson('Ann'));
  await ann.signIn(account);
  const { page } = ann;
  await ann.go('Customers');
  await page.getByRole('radio', { name: 'All 3' }).waitFor();

  // By the pointer, and back; by the keys; by the menu.
  await page.getByRole('button', { name: 'Board', exact: true }).click();
  const column = (name: string) =>
    page.getByRole('group', { name: 'Customers by stage' }).getByRole('list', { name, exact: true });
  const card = (stage: string, name: string) => column(stage).getByRole('link', { name });
  await card('New', 'Mia').waitFor();
  expect(await axe(page)).toEqual([]);
  const from = (await card('New', 'Mia').boundingBox())!;
  const to = (await page.getByRole('region', { name: 'Won', exact: true }).boundingBox())!;
  await page.mouse.move(from.x + 40, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(to.x + 40, to.y + 120, { steps: 5 });
  await page.mouse.up();
  await card('Won', 'Mia').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await card('New', 'Mia').waitFor();
  await card('New', 'Mia').focus();
  await page.keyboard.press('Alt+ArrowRight');
  await card('In talk', 'Mia').waitFor();
  await column('New').getByRole('button', { name: 'Move 李明 to another stage' }).click();
  await page.getByRole('menu', { name: 'Move to' }).getByText('Lost', { exact: true }).click();
  await card('Lost', '李明').waitFor();

  // All of a filter get a tag, without a network; one more is taken back.
  await ann.person.goOffline();
  await page.getByRole('searchbox', { name: 'Search customers' }).fill('Hill');
  await page.getByRole('button', { name: 'Select customers' }).click();
  await page.getByRole('checkbox', { name: 'Select Mia' }).check();
  await page.getByRole('button', { name: 'All 2' }).click();
  await page.getByRole('button', { name: 'Actions', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Add tags' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'VIP' }).click();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText('2 customers changed.').waitFor();
  await page.getByRole('button', { name: 'Stop selecting' }).click();
  await page.getByRole('searchbox', { name: 'Search customers' }).fill('');
  await ann.person.goOnline();

  // They become a segment, and the table shows who is in it.
  await page.getByRole('button', { name: 'Filter and sort' }).click();
  await page.getByRole('group', { name: 'Kind' }).getByRole('button', { name: 'VIP' }).click();
  await page.getByLabel('Name of the segment').fill('Important');
  await page.getByRole('button', { name: 'Save as segment' }).click();
  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: 'Important 2' }).waitFor();
  await page.getByRole('button', { name: 'Table', exact: true }).click();
  const table = page.getByRole('table', { name: 'Customers' });
  const byName = table.getByRole('button', { name: 'Name', exact: true });
  const shown = () => table.getByRole('rowheader').getByRole('link').allTextContents();
  await byName.click();
  await expect.poll(shown).toEqual(['Mia', '李明']);
  await byName.click();
  await expect.poll(shown).toEqual(['李明', 'Mia']);
  expect(await axe(page)).toEqual([]);
  await ann.saved();
}, 120_000);
