import { expect, it } from 'vitest';
import type { MemberId, WorkspaceId } from '../../shared/base/ids.ts';
import { ownRoom } from '../../shared/features/personal/rooms.ts';
import { axe } from '../support/axe.ts';
import { browserWorld, screenshot } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { sendCommands } from '../support/journey-commands.ts';
import { until } from '../support/relay-process.ts';

const world = browserWorld();

it('people arrange their conversations, and come back to messages that matter, on all of their devices', async () => {
  const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben', 'Cai');
  const ann = new Journey(await world.newPerson('Ann'));
  const ben = new Journey(await world.newPerson('Ben'));
  await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
  const menu = (item: string, on = ann) => on.page.getByRole('menuitem', { name: item, exact: true });
  const titles = (on = ann): Promise<string[]> =>
    on.page
      .getByRole('list', { name: 'Conversations' })
      .getByRole('listitem')
      .evaluateAll((rows) =>
        rows
          .sort((a, b) => Number(a.ariaPosInSet) - Number(b.ariaPosInSet))
          .map((row) => row.querySelector('.title, .name')?.textContent ?? ''),
      );
  const order = (expected: string[], on = ann): Promise<boolean> =>
    until(expected.join(', '), async () => (await titles(on)).join() === expected.join(), 10_000);

  await ann.startGroup('Harbour', ['Ben', 'Cai']);
  await ann.send('first');
  await ann.startGroup('Kitchen', ['Ben', 'Cai']);
  await ann.send('second');
  await order(['Kitchen', 'Harbour']);

  // At the top, by the menu of the row: with the right button, and with the keyboard.
  await ann.conversation('Harbour').click({ button: 'right' });
  await menu('Pin to the top').click();
  await order(['Harbour', 'Kitchen']);
  await ann.conversation('Kitchen').focus();
  await ann.page.keyboard.press('Shift+F10');
  await menu('Move to a section …').click();
  await ann.page.getByRole('textbox', { name: 'Name of the new section' }).fill('Food');
  await ann.page.getByRole('button', { name: 'Move', exact: true }).click();
  await order(['Harbour', 'Food', 'Kitchen']);
  await ann.page.getByRole('button', { name: 'Food' }).click();
  await ann.conversation('Harbour').click();
  await order(['Harbour', 'Food']);
  await ann.page.getByRole('button', { name: 'Food' }).click();

  // Carried with the mouse into the section, and out of it again; narrowed to what one looks for.
  await ann.conversation('Harbour').dragTo(ann.page.getByRole('button', { name: 'Food' }));
  await order(['Food', 'Kitchen', 'Harbour']);
  await ann.conversation('Harbour').click({ button: 'right' });
  await menu('Pin to the top').click();
  await order(['Harbour', 'Food', 'Kitchen']);
  await ann.page.getByRole('radio', { name: 'Direct' }).check();
  await ann.conversation('Kitchen').waitFor({ state: 'hidden' });
  await ann.page.getByRole('radio', { name: 'All' }).check();
  await order(['Harbour', 'Food', 'Kitchen']);

  // Muted: no number, until somebody calls her.
  await ann.conversation('Kitchen').click({ button: 'right' });
  await menu('Mute').click();
  await ben.openConversation('Kitchen');
  await ben.send('soup is ready');
  await ann.conversation('Kitchen').getByText('soup is ready').waitFor();
  await ann.page.getByRole('link', { name: 'Messages', exact: true }).waitFor();
  expect(await ann.page.title()).not.toContain('(');
  await ben.composer().fill('@An');
  await ben.page.getByRole('option', { name: 'Ann' }).click();
  await ben.page.keyboard.type('bring bowls please');
  await ben.page.keyboard.press('Enter');
  await until('one that calls her', async () => (await ann.page.title()).startsWith('(1)'), 10_000);
  await screenshot(ann.page, 'own-list');
  expect(await axe(ann.page)).toEqual([]);

  // The inbox of mentions leads to the message.
  await ann.page.getByRole('link', { name: /^Mentions of you/ }).click();
  const mention = ann.page.getByRole('list', { name: 'Mentions of you' }).getByRole('link');
  await mention.getByText('Unread').waitFor();
  await screenshot(ann.page, 'mentions');
  expect(await axe(ann.page)).toEqual([]);
  await mention.click();
  await ann.message('bring bowls please').waitFor();

  // Save it, and make a to-do of it.
  await ann.message('bring bowls please').getByText('bring bowls please').click({ button: 'right' });
  await menu('Save').click();
  await ann.message('bring bowls please').getByText('bring bowls please').click({ button: 'right' });
  await menu('Make a to-do …').click();
  await ann.page.getByRole('dialog').getByRole('button', { name: 'Tomorrow' }).click();
  await screenshot(ann.page, 'todo-dialog');
  await ann.page.getByRole('button', { name: 'Add', exact: true }).click();
  await ann.page.getByText('Added to your to-dos.').waitFor();

  // Offline she marks, hides and ticks; her other device hears of it later.
  const other = new Journey(await world.newPerson('Ann'));
  await other.signIn(annAccount);
  await order(['Harbour', 'Food', 'Kitchen'], other);
  await ann.person.goOffline();
  await ann.go('To-dos');
  const list = ann.page.getByRole('list', { name: 'Later' });
  await list.getByText('bring bowls please').waitFor();
  await list.getByRole('link', { name: 'From Kitchen' }).waitFor();
  await ann.page.getByRole('textbox', { name: 'New to-do' }).fill('Buy a ladle');
  await ann.page.keyboard.press('Enter');
  await ann.page.getByRole('list', { name: 'Without a date' }).getByText('Buy a ladle').waitFor();
  await screenshot(ann.page, 'todos');
  expect(await axe(ann.page)).toEqual([]);
  await ann.page.getByRole('checkbox', { name: /bring bowls please/ }).click();
  await ann.go('Messages');
  await ann.conversation('Harbour').click({ button: 'right' });
  await menu('Mark as unread').click();
  await ann.conversation('Kitchen').click({ button: 'right' });
  await menu('Hide until the next message').click();
  await order(['Harbour', 'Food']);
  await ann.person.goOnline();
  await ann.saved();
  await order(['Harbour', 'Food'], other);
  await until('marked there too', async () => (await other.page.title()).startsWith('(1)'), 10_000);
  await other.go('To-dos');
  await other.page.getByRole('checkbox', { name: 'Done: Buy a ladle' }).waitFor();
  await other.page.getByText('Done (1)').waitFor();
  await other.go('Messages');
  await other.page.getByRole('link', { name: 'Saved messages' }).click();
  await other.page.getByRole('list', { name: 'Saved messages' }).getByText('bring bowls please').waitFor();
  await screenshot(other.page, 'saved');
  expect(await axe(other.page)).toEqual([]);

  // What is hidden comes back with the next message, and who has read it is told apart.
  await ben.send('and spoons');
  await order(['Harbour', 'Food', 'Kitchen']);
  await ann.openConversation('Kitchen');
  await ben.message('and spoons').getByText('and spoons').click({ button: 'right' });
  await menu('Who has read it …', ben).click();
  const dialog = ben.page.getByRole('dialog', { name: 'Who has read it' });
  await dialog
    .getByRole('list', { name: /^Read 1/ })
    .getByText('Ann')
    .waitFor();
  await screenshot(ben.page, 'readers');
}, 90_000);

it('a long press opens the menu of a row, and a to-do makes itself heard at its time', async () => {
  const [annAccount] = await accounts(world.relay.address, 'Anke', 'Bob', 'Cleo');
  const ann = new Journey(await world.newPerson('Anke', { phone: true }));
  await ann.signIn(annAccount);
  await ann.startGroup('Garden', ['Bob', 'Cleo']);
  await ann.page.getByRole('button', { name: 'Back to messages' }).click();

  const box = await ann.conversation('Garden').boundingBox();
  if (!box) throw new Error('the row is not on the screen');
  const touch = await ann.page.context().newCDPSession(ann.page);
  const point = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
  const mute = ann.page.getByRole('menuitem', { name: 'Mute', exact: true });
  await mute.waitFor();
  const menu = await ann.page.getByRole('menu').boundingBox();
  expect((menu?.x ?? -1) >= 0 && menu!.x + menu!.width <= 390, JSON.stringify(menu)).toBe(true);
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await screenshot(ann.page, 'own-list-phone-menu');
  await mute.tap();
  await ann.conversation('Garden').getByText('Muted').waitFor({ state: 'attached' });
  expect(new URL(ann.page.url()).pathname).toBe('/messages');

  const todos = ownRoom(annAccount.workspace.id as WorkspaceId, annAccount.member.id as MemberId, 'todos');
  const todo = { id: 'water', text: 'Water the beans', due: Date.now() + 3_000 };
  await sendCommands(world.relay.address, annAccount, 1, [[todos, 'todo.add', todo]]);
  const reminder = ann.page.getByText('Due now: Water the beans');
  await reminder.waitFor({ timeout: 20_000 });
  await ann.page.getByRole('button', { name: 'Open', exact: true }).tap();
  await ann.page.getByRole('dialog', { name: 'Edit the to-do' }).getByText('Due', { exact: true }).waitFor();
  await ann.page.keyboard.press('Escape');
  await ann.page.getByRole('list', { name: 'Overdue' }).getByText('Water the beans').waitFor();
}, 60_000);
