import { describe, expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { screenshot } from '../support/person.ts';

const world = browserWorld();

describe('a group and those who run it', () => {
  it('is muted, announced to and joined by its link, and what was said before stays with those who heard it', async () => {
    const { address: relay } = world.relay;
    const [annAccount, benAccount, fangAccount] = await accounts(relay, 'Ann', 'Ben', '王芳', 'Cleo');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben', { theme: 'dark' }));
    const fang = new Journey(await world.newPerson('王芳', { language: 'zh', phone: true }), 'zh');
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startGroup('Crew', ['Ben', 'Cleo']);
    await ann.send('A word among us two');
    await ben.openConversation('Crew');
    await ben.message('A word among us two').waitFor();

    // Ann mutes the group: Ben reads why he cannot write, and can again when she makes him an admin.
    const side = ann.page.getByRole('complementary');
    if (!(await side.isVisible()))
      await ann.page.getByRole('button', { name: 'Conversation details' }).click();
    await ann.page.getByRole('switch', { name: 'Mute all' }).click();
    await ben.page.getByText('Only the owner and admins write here at the moment.').waitFor();
    await ben.message('Ann muted the group: only the owner and admins write').waitFor();
    await ann.page.getByRole('button', { name: 'What to do with Ben' }).click();
    await ann.page.getByRole('menuitem', { name: 'Make an admin' }).click();
    await ben.message('Ann made you an admin').waitFor();
    await ben.send('I may again');
    await ann.message('I may again').waitFor();

    // An announcement stays on top of Ben's until he has confirmed it, and Ann sees that he has.
    await ann.page.getByRole('button', { name: 'Announce something' }).click();
    await ann.page.getByLabel('What everybody should know').fill('We meet at nine.');
    await ann.page.getByRole('button', { name: 'Publish' }).click();
    await ann.page.getByText('0 of 2 confirmed').waitFor();
    const bar = ben.page.getByRole('region', { name: 'Announcement' });
    await bar.getByText('We meet at nine.').waitFor();
    await screenshot(ben.page, 'groups/announcement-dark');
    await bar.getByRole('button', { name: 'Got it' }).click();
    await bar.waitFor({ state: 'hidden' });
    await ann.page.getByText('1 of 2 confirmed').waitFor();

    // Newcomers read only what is said from then on; the link lets them ask.
    await ann.page.getByRole('switch', { name: 'New members see earlier messages' }).click();
    await ann.page.getByRole('button', { name: 'Link and QR code' }).click();
    await ann.page.getByRole('button', { name: 'Make a link' }).click();
    const link = await ann.page.getByText(/\/group\/\w+\?key=\w+/).innerText();
    await ann.page.getByRole('img', { name: 'QR code of the link' }).waitFor();
    await screenshot(ann.page, 'groups/link');
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await ann.saved();
    const address = new URL(link);
    await fang.person.open(address.pathname + address.search);
    // She is not signed in yet, and is led back to where the link leads when she is.
    await fang.page.getByLabel(fang.words.email, { exact: true }).fill(fangAccount.email);
    await fang.page.getByLabel(fang.words.password, { exact: true }).fill(fangAccount.password);
    await fang.page.getByRole('button', { name: fang.words.signIn, exact: true }).click();
    await fang.page.getByRole('heading', { name: 'Crew' }).waitFor();
    await screenshot(fang.page, 'groups/join-phone');
    await fang.page.getByRole('button', { name: '申请加入' }).click();
    await fang.page.getByText('已提交申请，等群主或管理员同意。').waitFor();

    // Both managers are told; Ben, an admin, lets her in.
    await ann.page.getByRole('region', { name: 'Requests to join' }).first().waitFor();
    await ben.page.getByRole('button', { name: 'Look' }).click();
    await ben.page.getByRole('button', { name: 'Accept 王芳' }).click();
    await ben.message('You added 王芳').waitFor();
    await ben.page.getByRole('region', { name: 'Requests to join' }).first().waitFor({ state: 'hidden' });
    await fang.person.open('/messages');
    await fang.conversation('Crew').click();
    await fang.page.getByText('Ben邀请你进群').waitFor();
    await fang.page.getByText('现在只有群主和管理员可以发言。').waitFor();
    expect(await fang.page.getByText('A word among us two').count()).toBe(0);
    await fang.page.getByRole('region', { name: '群公告' }).getByText('We meet at nine.').waitFor();
    await screenshot(fang.page, 'groups/newcomer-phone');
    await fang.page.getByRole('button', { name: '知道了' }).click();
    await ann.page.getByText('2 of 3 confirmed').waitFor();
    await ann.page.getByRole('button', { name: '2 of 3 confirmed' }).click();
    await screenshot(ann.page, 'groups/confirmed');
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await screenshot(ann.page, 'groups/side');
    expect(await axe(ann.page)).toEqual([]);

    // The owner hands it over, without a network, and leaves for good when she is back; Ben ends it.
    await ann.person.goOffline();
    await ann.page.getByRole('button', { name: 'What to do with Ben' }).click();
    await ann.page.getByRole('menuitem', { name: 'Hand over the group' }).click();
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Hand over the group' }).click();
    await ann.message('You handed the group over to Ben').waitFor();
    await ann.person.goOnline();
    await ben.message('Ann handed the group over to you').waitFor();
    await ben.page.getByRole('button', { name: 'Dissolve group' }).click();
    await ben.page.getByRole('dialog').getByRole('button', { name: 'Dissolve group' }).click();
    await ann.page.getByText(/^This group was dissolved on/).waitFor();
    await fang.page.getByText(/^这个群已于.*解散/).waitFor();
    await ann.message('A word among us two').waitFor();
    await fang.page.getByRole('button', { name: '会话详情' }).click();
    await screenshot(fang.page, 'groups/side-phone');
  }, 90_000);
});
