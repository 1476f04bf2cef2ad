import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { directChatId } from '../../shared/features/chat/kind.ts';
import { type MemberId, type WorkspaceId } from '../../shared/base/ids.ts';
import { roomId } from '../../shared/protocol/rooms.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { sendCommands, type Command } from '../support/journey-commands.ts';
import { copyOfDevice, copyOfRelay, untilEqual } from '../support/journey-copies.ts';
import { until } from '../support/relay-process.ts';

const world = browserWorld();

/** Every text the indicator shows, from now on. */
async function watchIndicator(page: Page): Promise<() => Promise<string[]>> {
  await page.getByRole('button', { name: /^Network and sync/ }).evaluate((button) => {
    const seen: string[] = [];
    const look = (): void => {
      const label = button.getAttribute('aria-label') ?? '';
      if (seen.at(-1) !== label) seen.push(label);
    };
    look();
    new MutationObserver(look).observe(button, { attributes: true, attributeFilter: ['aria-label'] });
    Object.assign(globalThis, { indicatorTexts: seen });
  });
  return () => page.evaluate(() => (globalThis as unknown as { indicatorTexts: string[] }).indicatorTexts);
}

describe('without a network', () => {
  it('two people start the same conversation, and groups; drafts stay; all meets when the network is back', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Pair', 'Ben Pair', 'Cid Pair');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben', { phone: true }));
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await Promise.all([ann.person.goOffline(), ben.person.goOffline()]);

    await ann.startDirect('Ben Pair');
    await ann.send('Ann was first.');
    await ben.startDirect('Ann Pair');
    await ben.send('No, Ben was first.');
    await ben.message('On this device, not sent yet').waitFor();
    await ann.startGroup('Made in a cellar', ['Ben Pair', 'Cid Pair']);
    await ann.send('Nobody hears this yet.');
    await ann.composer().fill('Half a thought');
    await ann.go('Docs');

    await Promise.all([ann.person.restart('/'), ben.person.restart('/')]);
    await ann.conversation('Made in a cellar').filter({ hasText: 'Draft:' }).waitFor();
    await ann.openConversation('Made in a cellar');
    expect(await ann.composer().inputValue()).toBe('Half a thought');
    await ann.message('Nobody hears this yet.').waitFor();

    await Promise.all([ann.person.goOnline(), ben.person.goOnline()]);
    await Promise.all([ann.saved(), ben.saved()]);
    await ben.conversation('Made in a cellar').waitFor();
    expect(await ben.conversation('Ann Pair').count()).toBe(1);
    expect(await ann.conversation('Ben Pair').count()).toBe(1);
    await ann.openConversation('Ben Pair');
    await ben.openConversation('Ann Pair');
    for (const journey of [ann, ben])
      for (const text of ['Ann was first.', 'No, Ben was first.']) {
        await journey.message(text).waitFor();
        expect(await journey.message(text).count()).toBe(1);
      }
    await untilEqual([
      () => copyOfRelay(world.relay.address, annAccount.token),
      () => copyOfDevice(ann.page),
      () => copyOfDevice(ben.page),
    ]);
  });

  it('a document is made, renamed and illustrated, and later on the other device', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Doc', 'Ben Doc');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben'));
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.go('Docs');
    await ann.person.goOffline();
    await ann.newDocument('Rough idea');
    await ann.writeAtEnd('What the loom looks like: ');
    const title = ann.page.getByRole('textbox', { name: 'Title', exact: true });
    await title.fill('The loom');
    await title.press('Enter');
    const picture = readFileSync(new URL('../../client/public/icons/icon-192.png', import.meta.url));
    await ann.text().evaluate((element, base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], 'loom.png', { type: 'image/png' }));
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, picture.toString('base64'));
    const isDrawn = (journey: Journey) => async (): Promise<boolean> =>
      journey
        .text()
        .getByRole('img', { name: 'loom' })
        .evaluate((image) => (image as HTMLImageElement).naturalWidth > 0);
    await until('Ann sees the picture', isDrawn(ann));
    await ann.page.getByText('Saved on this device').waitFor();
    await ann.person.restart(`/docs/${ann.openId()}`);
    await ann.reads('What the loom looks like:');
    await until('Ann sees the picture after the restart', isDrawn(ann));

    await ann.person.goOnline();
    await ann.saved();
    await ben.go('Docs');
    await ben.openDocument('The loom');
    await ben.reads('What the loom looks like:');
    await until('Ben sees the picture', isDrawn(ben));

    // Moved to the trash by one without a network, seen by the other later, brought back from there.
    await ann.person.goOffline();
    await ann.page.getByRole('button', { name: 'More for this document' }).click();
    await ann.page.getByRole('menuitem', { name: 'Move to trash' }).click();
    await ann.document('The loom').waitFor({ state: 'detached' });
    await ann.person.goOnline();
    await ben.page.getByText('This document is in the trash.').waitFor();
    await ben.page.getByRole('button', { name: 'Restore' }).first().click();
    await ann.document('The loom').waitFor();
  });

  it('a relay that is killed while people write loses nothing, and the indicator says how things stand', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Kill', 'Ben Kill');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben'));
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startDirect('Ben Kill');
    await ann.send('Before.');
    await ann.saved();
    const shown = await watchIndicator(ann.page);
    const lines = Array.from({ length: 12 }, (_, i) => `Line ${i + 1} of a story.`);
    for (const line of lines.slice(0, 4)) await ann.send(line);
    await world.relay.kill9();
    for (const line of lines.slice(4)) await ann.send(line);
    await ann.page.getByRole('button', { name: /^Network and sync: Offline · / }).waitFor();
    await world.relay.start();
    await ann.saved();
    await ben.openConversation('Ann Kill');
    for (const line of lines) {
      await ben.message(line).waitFor();
      expect(await ben.message(line).count(), line).toBe(1);
    }
    const steps = (await shown()).map((text) => /: (Saved|Offline|Connecting|Syncing)/.exec(text)?.[1]);
    const offline = steps.indexOf('Offline');
    expect(offline).toBeGreaterThan(-1);
    expect(steps.indexOf('Syncing', offline)).toBeGreaterThan(offline);
    expect(steps.at(-1)).toBe('Saved');
    await untilEqual([
      () => copyOfRelay(world.relay.address, annAccount.token),
      () => copyOfDevice(ann.page),
      () => copyOfDevice(ben.page),
    ]);
  });
});

describe('a device with much on it', () => {
  it('opens a conversation of 1,500 messages at the first unread, and goes back to the very first', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Long', 'Ben Long');
    const [a, b] = [annAccount.member.id as MemberId, benAccount.member.id as MemberId];
    const workspace = benAccount.workspace.id as WorkspaceId;
    const room = roomId(workspace, 'chat', directChatId(a, b));
    const say = (n: number): Command => [room, 'chat.send', { text: `message no. ${n};` }];
    const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => say(from + i));
    await sendCommands(world.relay.address, benAccount, 1, [
      [room, 'chat.create', { type: 'direct', title: '', members: [a] }],
      ...count(1, 1_401),
    ]);
    await sendCommands(world.relay.address, annAccount, 1, [
      [roomId(workspace, 'chat', directChatId(a, b), 'reads'), 'chat.read', { upTo: 1_400 }],
    ]);
    await sendCommands(world.relay.address, benAccount, 1_402, count(1_401, 1_501));

    const ann = new Journey(await world.newPerson('Ann'));
    await ann.signIn(annAccount);
    await ann.conversation('Ben Long').filter({ hasText: '100 unread messages' }).waitFor();
    await ann.openConversation('Ben Long');
    await ann.page.getByText('New messages', { exact: true }).waitFor();
    const inView = (text: string) => async (): Promise<boolean> => {
      const box = await ann
        .message(text)
        .boundingBox({ timeout: 1_000 })
        .catch(() => null);
      return box !== null && box.y > 0 && box.y < 850;
    };
    await until('the first unread message is in view', inView('message no. 1401;'));
    await ann.page.getByRole('button', { name: /^Jump to .* new message/ }).click();
    await until('the newest message is in view', inView('message no. 1500;'));
    await until(
      'all is read',
      async () => (await ann.conversation('Ben Long').filter({ hasText: 'unread' }).count()) === 0,
    );
    await ann.message('message no. 1500;').hover();
    await until(
      'the first message is in view',
      async () => {
        await ann.page.mouse.wheel(0, -20_000);
        return inView('message no. 1;')();
      },
      30_000,
    );
  });

  it('works in two tabs, and the other goes on when the one that sends is closed', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Tabs', 'Ben Tabs');
    const ann = new Journey(await world.newPerson('Ann'));
    const ben = new Journey(await world.newPerson('Ben'));
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount)]);
    await ann.startDirect('Ben Tabs');
    await ann.send('From the first tab.');
    const first = ann.page;
    const second = await ann.person.newTab(new URL(first.url()).pathname);
    await ann.message('From the first tab.', second).waitFor();
    await ann.send('From the second tab.', second);
    await ann.message('From the second tab.', first).waitFor();

    // A tab behind another one draws once a second, and whoever clicks in it waits for that.
    await first.bringToFront();
    await ann.go('Docs');
    await ann.newDocument('Written in two tabs');
    await ann.writeAtEnd('One.');
    await second.bringToFront();
    await second.goto(first.url());
    await ann.reads('One.', second);
    await ann.text(second).focus();
    await second.keyboard.press('Control+End');
    await second.keyboard.type(' Two.');
    await ann.reads('One. Two.', first);
    await ann.writeAtEnd(' Three.');
    await ann.reads('One. Two. Three.', second);

    await second.getByRole('button', { name: /^Network and sync/ }).click();
    await second.getByText('Another tab of this browser does the sending.').waitFor();
    await second.keyboard.press('Escape');
    await first.close();
    await ann.text(second).focus();
    await second.keyboard.press('Control+End');
    await second.keyboard.type(' Four.');
    await ann.saved(second);
    await ben.go('Docs');
    await ben.openDocument('Written in two tabs');
    await ben.reads('One. Two. Three. Four.');
    await ben.go('Messages');
    await ben.openConversation('Ann Tabs');
    for (const text of ['From the first tab.', 'From the second tab.']) {
      await ben.message(text).waitFor();
      expect(await ben.message(text).count()).toBe(1);
    }
    await untilEqual([
      () => copyOfRelay(world.relay.address, annAccount.token),
      () => copyOfDevice(second),
      () => copyOfDevice(ben.page),
    ]);
  });
});
