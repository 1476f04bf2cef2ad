import type { WorkspaceId } from '../../shared/base/ids.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { describe, expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { sendCommands, type Command } from '../support/journey-commands.ts';
import { accounts, Journey } from '../support/journey.ts';

const world = browserWorld();

/** The results on the page, as they are read out. */
const results = (by: Journey) => by.page.getByRole('region', { name: /^(Results|搜索结果)$/ });
const field = (by: Journey) => by.page.getByRole('searchbox', { name: /^(Search messages|搜索消息)/ });

describe('search', () => {
  it('finds words offline, in the middle of a Chinese sentence, and opens them in place', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben', 'Cleo');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben', { phone: true, language: 'zh' }), 'zh');
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startGroup('Crew', ['Ben', 'Cleo']);
    const chat = new URL(ann.page.url()).pathname.split('/').at(-1)!;
    await ann.send('明天上午开供应商会议，别迟到。');
    await ann.saved();
    const room = roomId(annAccount.workspace.id as WorkspaceId, 'chat', chat);
    const lines = Array.from({ length: 40 }, (_, i): Command => [room, 'chat.send', { text: `Line ${i}` }]);
    await sendCommands(world.relay.address, annAccount, 1, lines);
    await ann.message('Line 39').waitFor();
    await ann.send('The invoice is a draft.');
    await ann.send('This was a mistake.');
    await ben.openConversation('Crew');
    await ben.message('明天上午').waitFor();

    // Without a network, from another page, by the keyboard alone.
    await ann.person.goOffline();
    await ann.page.keyboard.press('Control+k');
    await ann.page.getByRole('combobox').fill('供应商');
    await ann.page.getByRole('option', { name: 'Search everything for “供应商”' }).waitFor();
    await ann.page.keyboard.press('Enter');
    const hit = results(ann).getByRole('link', { name: /供应商会议/ });
    await hit.waitFor();
    expect(await hit.locator('mark').textContent()).toBe('供应商');
    await field(ann).press('ArrowDown');
    await ann.page.keyboard.press('Enter');
    const first = ann.message('明天上午开供应商会议');
    await first.waitFor();
    // The results stay beside what was opened.
    await hit.waitFor();
    expect(await hit.getAttribute('aria-current')).toBe('page');
    expect(await axe(ann.page)).toEqual([]);

    // Again after a restart, from the index on the disk.
    await ann.person.restart('/search?q=invoice');
    await results(ann)
      .getByRole('link', { name: /The invoice is a draft/ })
      .waitFor();
    await ann.person.goOnline();

    // What was edited is found by what it says now, what was recalled not at all.
    await ann.page.goto(`${ann.person.address}/messages`);
    await ann.openConversation('Crew');
    await choose(ann, 'The invoice is a draft.', 'Edit');
    await ann.composer().fill('The bill is final.');
    await ann.composer().press('Enter');
    await choose(ann, 'This was a mistake.', 'Recall');
    await ann.saved();

    await ben.page.goBack();
    await ben.page.getByRole('link', { name: '搜索', exact: true }).click();
    await field(ben).fill('bill');
    await results(ben)
      .getByRole('link', { name: /The bill is final/ })
      .waitFor();
    for (const old of ['invoice', 'mistake']) {
      await field(ben).fill(old);
      await ben.page.getByText(`没有找到“${old}”。`).waitFor();
    }

    // Narrowed to one person and back.
    await field(ben).fill('final');
    await ben.page.getByRole('button', { name: '发送人', exact: true }).click();
    await ben.page.getByRole('searchbox', { name: '查找联系人' }).fill('cl');
    await ben.page.keyboard.press('Enter');
    await ben.page.getByText('没有找到“final”。').waitFor();
    await ben.page.getByRole('button', { name: '去掉：发送人：Cleo' }).click();
    const final = results(ben).getByRole('link', { name: /The bill is final/ });
    await final.waitFor();
    expect(await axe(ben.page)).toEqual([]);
    await final.click();
    await ben.message('The bill is final.').waitFor();
    await ben.page.goBack();
    await final.waitFor();

    // What the index takes of the device is no secret.
    await ann.page.goto(`${ann.person.address}/settings/storage`);
    const size = ann.page.locator('dl > div', { hasText: 'Of this, for searching' }).locator('dd');
    await expect.poll(() => size.textContent()).toMatch(/^[1-9][\d.,]*\s[kKM]?B$/);

    // Who is taken out finds nothing of it any more.
    await sendCommands(world.relay.address, annAccount, lines.length + 1, [
      [room, 'chat.removeMember', { member: benAccount.member.id }],
    ]);
    await final.waitFor({ state: 'detached' });
    await field(ben).fill('供应商');
    await ben.page.getByText('没有找到“供应商”。').waitFor();
  });
});

/** Opens the menu of a message and takes a line of it. */
async function choose(by: Journey, text: string, line: string): Promise<void> {
  await by
    .message(text)
    .locator('.bubble')
    .click({ button: 'right', position: { x: 6, y: 6 } });
  await by.page.getByRole('menu').getByRole('menuitem', { name: line, exact: true }).click();
}
