import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { axe } from '../support/axe.ts';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { startPushService, type PushBrowser } from '../support/push-service.ts';
import { until } from '../support/relay-process.ts';

const service = await startPushService();
afterAll(() => service.close());
const world = browserWorld({ env: { WEFT_OUTSIDE_HOSTS: service.host } });

/** The push service of this machine in place of the one that a browser brings along. */
async function subscribesAt(by: Journey, browser: PushBrowser): Promise<void> {
  await by.person.context.addInitScript((made) => {
    const options: { applicationServerKey: ArrayBuffer | null } = { applicationServerKey: null };
    const subscription = { ...made, options, toJSON: () => made, unsubscribe: async () => true };
    PushManager.prototype.subscribe = async (wish) => {
      options.applicationServerKey = (wish?.applicationServerKey as Uint8Array<ArrayBuffer>).buffer;
      return subscription as unknown as PushSubscription;
    };
    PushManager.prototype.getSubscription = async () => null;
  }, browser);
}

/** Another window is in front of the page. A browser without a screen has no other way to say so. */
const lookAway = (page: Page): Promise<void> =>
  page.evaluate(() => {
    document.hasFocus = () => false;
    dispatchEvent(new Event('blur'));
  });

const shown = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const worker = await navigator.serviceWorker.ready;
    return (await worker.getNotifications()).map(({ title, body }) => `${title} | ${body}`);
  });
const shows = (page: Page, ...expected: string[]): Promise<void> =>
  expect.poll(async () => (await shown(page)).sort(), { timeout: 10_000 }).toEqual([...expected].sort());

describe('two people, one of whom looks elsewhere', () => {
  it('are told of messages, not of what they read on another device, and of what is urgent in any case', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann', 'Ben');
    const ann = new Journey(await world.newPerson('Ann', { theme: 'dark' }));
    const ben = new Journey(await world.newPerson('Ben'));
    const bensPhone = new Journey(
      await world.newPerson('Ben on a phone', { phone: true, language: 'zh' }),
      'zh',
    );
    await ben.person.context.grantPermissions(['notifications'], { origin: ben.person.address });
    await subscribesAt(ben, service.newBrowser());
    await Promise.all([ann.signIn(annAccount), ben.signIn(benAccount), bensPhone.signIn(benAccount)]);
    await ann.startDirect('Ben');
    await ann.send('Good morning');
    // The conversation is there before its first message; what comes later would be told together with the next.
    await until('the first message is here', async () => (await ben.page.title()).startsWith('(1)'));

    // The settings say what this browser does, and are the same everywhere else.
    await ben.person.open('/settings/notifications');
    const here = ben.page.getByRole('switch', { name: 'Notifications on this device' });
    await here.waitFor();
    await ben.page.getByText('Also while no page of Weft is open.').waitFor();
    expect(await here.getAttribute('aria-checked')).toBe('true');
    expect(await axe(ben.page)).toEqual([]);

    // A page that nobody looks at says what comes, and takes it back when it was read on the phone.
    await lookAway(ben.page);
    await ann.send('Are you there?');
    await shows(ben.page, 'Ann | Are you there?');
    await until('the title counts', async () => (await ben.page.title()).startsWith('(2)'));
    await bensPhone.openConversation('Ann');
    await bensPhone.message('Are you there?').waitFor();
    await shows(ben.page);

    // Nothing is wanted: what is urgent comes all the same, over every page, and on the phone too.
    await bensPhone.person.open('/settings/notifications');
    await bensPhone.page.getByRole('radio', { name: '不通知' }).check({ force: true });
    await until('the wish is known here', () => ben.page.getByRole('radio', { name: 'Nothing' }).isChecked());
    await ann.send('Only by the way');
    await ann.send('The cellar is full of water');
    await ann
      .message('The cellar')
      .locator('.bubble')
      .click({ button: 'right', position: { x: 6, y: 6 } });
    await ann.page.getByRole('menuitem', { name: 'Mark as urgent …' }).click();
    const dialog = ann.page.getByRole('dialog', { name: 'Urgent message' });
    await dialog.getByRole('checkbox', { name: 'Ben' }).waitFor();
    expect(await axe(ann.page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Ask to confirm' }).click();
    await ann.message('The cellar').getByText('Urgent · 0 of 1 confirmed').waitFor();
    await shows(ben.page, 'Urgent: Ann | The cellar is full of water');
    const bar = ben.page.getByRole('region', { name: 'Urgent messages' });
    await bar.getByText('The cellar is full of water').waitFor();
    await bensPhone.page.getByRole('region', { name: '加急消息' }).getByText('The cellar').waitFor();
    expect(await axe(ben.page)).toEqual([]);
    expect(await axe(bensPhone.page)).toEqual([]);

    // Confirmed without a network: gone here at once, told when there is one.
    await ben.person.goOffline();
    await bar.getByRole('button', { name: 'Got it' }).click();
    await bar.waitFor({ state: 'detached' });
    await shows(ben.page);
    await ben.person.goOnline();
    await ann.message('The cellar').getByText('Urgent · confirmed').waitFor();
    await bensPhone.page.getByRole('region', { name: '加急消息' }).waitFor({ state: 'detached' });
  });

  it('are told by push while no page is open, each message once, and led to it', async () => {
    const [daoAccount, eveAccount] = await accounts(world.relay.address, 'Dao', 'Eve', 'Fay');
    const dao = new Journey(await world.newPerson('Dao'));
    const eve = new Journey(await world.newPerson('Eve', { language: 'zh' }), 'zh');
    await eve.person.context.grantPermissions(['notifications'], { origin: eve.person.address });
    await subscribesAt(eve, service.newBrowser());
    await Promise.all([dao.signIn(daoAccount), eve.signIn(eveAccount)]);
    await dao.startGroup('Harbour', ['Eve', 'Fay']);
    await eve.conversation('Harbour').waitFor();
    // With the very first page, which was never loaded anew.
    await eve.go('设置');
    await eve.page.getByRole('link', { name: '通知', exact: true }).click();
    await eve.page.getByText('关闭 Weft 页面后也会通知。').waitFor();

    // Every page is closed; the browser still runs.
    service.pushed.length = 0;
    await eve.page.goto('about:blank');
    await dao.send('The ship is in');
    const { notice } = await until('the relay has pushed it', () => service.pushed[0], 20_000);
    expect(notice).toMatchObject({ by: 'Dao', group: 'Harbour', text: 'The ship is in', language: 'zh' });

    // What the push service then brings to the browser.
    const { address } = eve.person;
    const tools = await eve.person.context.newCDPSession(eve.page);
    const registrations: string[] = [];
    tools.on('ServiceWorker.workerRegistrationUpdated', (event) => {
      for (const { registrationId, scopeURL } of event.registrations)
        if (scopeURL.startsWith(address)) registrations.push(registrationId);
    });
    await tools.send('ServiceWorker.enable');
    const registrationId = await until('the service worker is known', () => registrations[0]);
    const deliver = (data: object): Promise<unknown> =>
      tools.send('ServiceWorker.deliverPushMessage', {
        origin: address,
        registrationId,
        data: JSON.stringify(data),
      });
    await deliver(notice);
    await deliver({ ...notice, member: 'somebody-else', id: 'x', seq: notice.seq + 1, text: 'not for her' });
    // Twice is once.
    await deliver(notice);
    await eve.person.open('/contacts');
    await eve.shell();
    await shows(eve.page, 'Harbour | Dao：The ship is in');

    // What a click sends to the page, which a browser without a screen cannot be made to do.
    await eve.page.evaluate(
      ({ chat, id, seq }) =>
        navigator.serviceWorker.dispatchEvent(
          new MessageEvent('message', { data: { type: 'go', path: `/messages/${chat}?at=${seq}.${id}` } }),
        ),
      notice,
    );
    await eve.message('The ship is in').waitFor();
    await shows(eve.page);
  });
});
