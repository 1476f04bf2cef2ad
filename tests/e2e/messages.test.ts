import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';

const world = browserWorld();

/** Opens the menu of a message and takes a line of it. */
async function choose(by: Journey, message: Locator, line: string): Promise<void> {
  await message.locator('.bubble').click({ button: 'right', position: { x: 6, y: 6 } });
  await by.page
    .getByRole('menu')
    .getByRole(/^React with|回应$/.test(line) ? 'menuitemcheckbox' : 'menuitem', { name: line, exact: true })
    .click();
}

describe('two people and their messages', () => {
  it('answer, react, edit, recall, pin and forward, on a desktop and a phone, offline too', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben', 'Cleo');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben', { phone: true, language: 'zh' }), 'zh');
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startGroup('Crew', ['Ben', 'Cleo']);
    await ben.openConversation('Crew');

    // What is written with marks is read without them; what looks like a page stays words.
    await ann.composer().fill('We sail at **nine**, not <b>ten</b>.');
    await ann.composer().press('Enter');
    const sail = ben.message('We sail at');
    await sail.getByText('nine', { exact: true }).waitFor();
    expect(await sail.locator('strong').textContent()).toBe('nine');
    expect(await sail.textContent()).toContain('<b>ten</b>');

    // One answers, the other goes to what was answered and back.
    for (let i = 0; i < 30; i++) await ann.send(`Line ${i}`);
    await ben.page
      .getByRole('button', { name: /回到最新消息|条新消息/ })
      .or(ben.message('Line 29'))
      .first()
      .waitFor();
    await ben.message('Line 29').waitFor();
    await choose(ben, ben.message('Line 29'), '回复');
    await ben.page.getByText('回复 Ann').waitFor();
    await ben.send('I am there.');
    const answer = ann.message('I am there.');
    await answer.getByRole('button', { name: /^Go to the message of Ann/ }).waitFor();
    await choose(ann, answer, 'Reply');
    await ann.send('Good.');
    await ann
      .message('Good.')
      .getByRole('button', { name: /^Go to the message of Ben/ })
      .click();
    await ann.page.getByRole('button', { name: 'Back to the reply' }).click();
    await ann.page.getByRole('button', { name: 'Back to the reply' }).waitFor({ state: 'detached' });

    // Reactions of both are one button, which tells who they are and takes one's own away.
    await choose(ben, ben.message('Good.'), '用 👍 回应');
    const thumb = ann.message('Good.').getByRole('button', { name: '👍 1 Ben', exact: true });
    await thumb.click();
    await ben
      .message('Good.')
      .getByRole('button', { name: /👍.*Ann/, pressed: true })
      .click();
    await ann.message('Good.').getByRole('button', { name: '👍 1 Ann', exact: true }).waitFor();

    // An edit by the keyboard; the other sees that it was one, and what was there before.
    await ann.composer().press('ArrowUp');
    await ann.page.getByText('Edit message').waitFor();
    await ann.composer().fill('Good, see you.');
    await ann.composer().press('Enter');
    await ben
      .message('Good, see you.')
      .getByRole('button', { name: /历史版本$/ })
      .click();
    const versions = ben.page.getByRole('dialog', { name: '历史版本' });
    await versions.getByText('Good.', { exact: true }).waitFor();
    expect(await axe(ben.page)).toEqual([]);
    await versions.getByRole('button', { name: '关闭' }).click();

    // Pinned for everybody, and found by it.
    await choose(ann, ann.message('Line 28'), 'Pin for everybody');
    await ben.page.getByRole('button', { name: /置顶:.*Ann: Line 28/ }).click();
    await ben.message('Line 28').waitFor();

    // Without a network one recalls, the other reacts; it ends in one result.
    await ann.person.goOffline();
    await choose(ann, ann.message('Line 28'), 'Recall');
    await ann.page.getByText('You recalled a message').waitFor();
    await choose(ben, ben.message('Line 28'), '用 🎉 回应');
    await ann.person.goOnline();
    await ben.page.getByText('Ann撤回了一条消息').waitFor();
    await ben.message('Line 28').waitFor({ state: 'detached' });
    await ben.page.getByRole('button', { name: /^置顶/ }).waitFor({ state: 'detached' });
    await ann.saved();

    // Several as one record to somebody else, who reads it there.
    await choose(ann, ann.message('Line 26'), 'Select several');
    await ann.page.getByRole('checkbox', { name: 'Select the message of Ann' }).last().waitFor();
    await ann.message('Line 27').getByRole('checkbox').check();
    await ann.page.getByRole('toolbar').getByRole('button', { name: 'Forward' }).click();
    const forwarding = ann.page.getByRole('dialog', { name: 'Forward 2 messages' });
    await forwarding.getByRole('radio', { name: 'As one record' }).check();
    await forwarding.getByRole('button', { name: 'Ben', exact: true }).click();
    expect(await axe(ann.page)).toEqual([]);
    await forwarding.getByRole('button', { name: 'Send to 1' }).click();
    await ann.page.getByText('Forwarded to 1 conversation.').waitFor();
    await ben.page.getByRole('button', { name: '返回消息' }).click();
    await ben.openConversation('Ann');
    await ben.page.getByRole('button', { name: '查看Crew的聊天记录' }).click();
    const record = ben.page.getByRole('dialog', { name: 'Crew的聊天记录' });
    await record.getByText('Line 26').waitFor();
    await record.getByText('Line 27').waitFor();
  });

  it('talk in threads, call everybody, and find their way by links and dates', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Anna', 'Benno', 'Clea');
    const ann = new Journey(await world.newPerson('Anna'));
    const ben = new Journey(await world.newPerson('Benno', { phone: true }));
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startGroup('Harbour', ['Benno', 'Clea']);
    await ann.send('Who has the key?');
    for (let i = 0; i < 25; i++) await ann.send(`Other things ${i}`);

    // Everybody is among those one can mention, and reads it as meant for them.
    await ann.composer().pressSequentially('@Every');
    await ann.page.getByRole('option', { name: 'Everybody' }).click();
    await ann.composer().pressSequentially('lunch');
    await ann.composer().press('Enter');
    await ben.openConversation('Harbour');
    await ben.page.getByRole('button', { name: /^Jump to .*new messages?$/ }).click();
    await ben.message('@Everybody lunch').locator('.mention.me').waitFor();

    // A thread is read and continued beside the conversation.
    await ann.page
      .getByRole('list', { name: 'Messages of Harbour' })
      .getByRole('button', { name: 'Today' })
      .waitFor({ state: 'attached' });
    await choose(ann, ann.message('Who has the key?'), 'Reply');
    await ann.composer().fill('I mean the small one.');
    await ben.page.getByText('Anna is writing …').waitFor();
    await ann.composer().press('Enter');
    await ann.message('Who has the key?').getByRole('button', { name: '1 reply' }).click();
    const thread = ann.page.getByRole('list', { name: 'Thread' });
    await thread.getByText('I mean the small one.').waitFor();
    const composers = ann.page
      .getByRole('complementary')
      .getByRole('textbox', { name: 'Message to Harbour' });
    await composers.fill('Found it.');
    await composers.press('Enter');
    await thread.getByText('Found it.').waitFor();
    expect(await axe(ann.page)).toEqual([]);
    await choose(ben, ben.message('Found it.'), 'Open the thread');
    await ben.page.getByRole('list', { name: 'Thread' }).getByText('Who has the key?').waitFor();
    await ben.page.getByRole('button', { name: 'Back to the details' }).click();
    await ben.page.keyboard.press('Escape');

    // The address of a message opens the conversation at it.
    await ann.page.getByRole('button', { name: 'Back to the details' }).click();
    const id = ann.openId();
    const key = await ann.message('Who has the key?').first().getAttribute('data-id');
    await ben.person.open(`/messages/${id}?at=1.${key}`);
    await ben.message('Who has the key?').first().waitFor();

    // So does the first message of a day.
    await ben.message('Found it.').waitFor({ state: 'detached' });
    await ben.page.getByRole('list', { name: 'Messages of' }).getByRole('button', { name: 'Today' }).click();
    const date = ben.page.getByRole('dialog', { name: 'Jump to a date' });
    expect(await axe(ben.page)).toEqual([]);
    await date.getByRole('button', { name: 'Jump', exact: true }).click();
    await ben.page.getByText('started the conversation').waitFor();
  });
});
