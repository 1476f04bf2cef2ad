import { describe, expect, it } from 'vitest';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { copyOfDevice, copyOfRelay, untilEqual } from '../support/journey-copies.ts';

const world = browserWorld();

const times = (text: string, part: string): number => text.split(part).length - 1;

describe('three people on one workspace', () => {
  it('see each other work, go on without a network, and end with the same bytes', async () => {
    const [annAccount, benAccount, fangAccount] = await accounts(world.relay.address, 'Ann', 'Ben', '王芳');
    const ann = new Journey(await world.newPerson('Ann', { theme: 'dark' }));
    const ben = new Journey(await world.newPerson('Ben', { phone: true }));
    const fang = new Journey(await world.newPerson('王芳', { language: 'zh' }), 'zh');
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount), fang.signIn(fangAccount)]);

    // A message of one is on the screens of the others.
    await ann.startGroup('Boat trip', ['Ben', '王芳']);
    await ann.send('Who comes along?');
    await ben.openConversation('Boat trip');
    await fang.openConversation('Boat trip');
    await ben.message('Who comes along?').waitFor();
    await fang.message('Who comes along?').waitFor();
    await fang.send('我来！');
    await ann.message('我来！').waitFor();
    await ben.message('我来！').waitFor();

    // So is a document, its text, and who has it open.
    await ann.go('Docs');
    await ann.newDocument('What we take');
    await ann.writeAtEnd('Bread.');
    await ben.page.getByRole('button', { name: 'Back to messages' }).click();
    await ben.go('Docs');
    await ben.openDocument('What we take');
    await fang.go('文档');
    await fang.openDocument('What we take');
    await Promise.all([ben.reads('Bread.'), fang.reads('Bread.')]);
    await fang.writeAtEnd(' 茶。');
    await Promise.all([ann.reads('Bread. 茶。'), ben.reads('Bread. 茶。')]);
    await ann.page.getByRole('img', { name: /^Here now: .*Ben.*王芳|^Here now: .*王芳.*Ben/ }).waitFor();
    await ben.page.getByRole('img', { name: /^Here now: .*Ann/ }).waitFor();
    const doc = ann.openId();
    await Promise.all([ann.saved(), ben.saved(), fang.saved()]);

    // Two lose the network; all three write into the same paragraph.
    await ben.person.goOffline();
    await fang.person.goOffline();
    await ben.writeAtEnd(' A map from Ben.');
    await fang.writeAtEnd(' 王芳带相机。');
    await ann.writeAtEnd(' A rope from Ann.');
    await ben.page.getByText('Saved on this device').waitFor();
    await fang.page.getByText('已存在这台设备上').waitFor();
    await ben.page.getByRole('button', { name: 'Documents' }).click();
    await ben.go('Messages');
    await ben.openConversation('Boat trip');
    await ben.send('I write this in a tunnel.');
    await fang.go('消息');
    await fang.openConversation('Boat trip');
    await fang.send('我这里没有信号。');
    await ann.go('Messages');
    await ann.openConversation('Boat trip');
    await ann.send('Are you two still there?');

    // They close the browser and open it again, still without a network: the device has everything.
    await ben.person.restart(`/docs/${doc}`);
    await fang.person.restart('/');
    await ben.reads('A map from Ben.');
    expect(times(await ben.written(), 'A map from Ben.')).toBe(1);
    await ben.writeAtEnd(' And a lamp.');
    await ben.page.getByText('Saved on this device').waitFor();
    await fang.openConversation('Boat trip');
    await fang.message('我这里没有信号。').waitFor();
    await fang.send('重新打开也还在。');
    await fang.go('文档');
    await fang.openDocument('What we take');
    await fang.reads('王芳带相机。');
    await fang.writeAtEnd(' 还有三脚架。');
    await fang.page.getByText('已存在这台设备上').waitFor();

    // The network is back.
    await ben.person.goOnline();
    await fang.person.goOnline();
    await Promise.all([ann.saved(), ben.saved(), fang.saved()]);
    const pieces = [
      'Bread. 茶。',
      ' A map from Ben.',
      ' And a lamp.',
      ' 王芳带相机。',
      ' 还有三脚架。',
      ' A rope from Ann.',
    ];
    await ann.go('Docs');
    await ann.openDocument('What we take');
    for (const piece of pieces) await Promise.all([ann.reads(piece), ben.reads(piece), fang.reads(piece)]);
    const texts = await Promise.all([ann, ben, fang].map((each) => each.written()));
    expect(new Set(texts).size).toBe(1);
    for (const piece of pieces) expect(times(texts[0] ?? '', piece), piece).toBe(1);
    expect(await ann.text().locator('p').count()).toBe(1);

    const copy = await untilEqual([
      () => copyOfRelay(world.relay.address, annAccount.token),
      () => copyOfDevice(ann.page),
      () => copyOfDevice(ben.page),
      () => copyOfDevice(fang.page),
    ]);
    const said = Object.values(copy.logs)
      .flat()
      .flatMap((entry) => {
        const { type, data } = entry as { type: string; data: { text: string } };
        return type === 'chat.send' ? data.text : [];
      });
    expect(said.sort()).toEqual(
      [
        'Who comes along?',
        '我来！',
        'I write this in a tunnel.',
        '我这里没有信号。',
        '重新打开也还在。',
        'Are you two still there?',
      ].sort(),
    );
  });
});
