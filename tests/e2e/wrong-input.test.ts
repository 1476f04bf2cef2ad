import { describe, expect, it } from 'vitest';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { copyOfDevice, copyOfRelay, untilEqual } from '../support/journey-copies.ts';
import { until } from '../support/relay-process.ts';

const world = browserWorld();

describe('wrong input', () => {
  it('in forms, messages and files is answered in words, and nothing is lost', async () => {
    const [annAccount, benAccount] = await accounts(world.relay.address, 'Ann Forms', 'Ben Forms');
    const ann = new Journey(await world.newPerson('Ann'));
    const { page } = ann;
    await ann.person.open('/sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Enter your e-mail address.').waitFor();
    await page.getByText('Enter your password.').waitFor();
    await page.getByLabel('E-mail', { exact: true }).fill('not an address');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This does not look like an e-mail address.').waitFor();
    await ann.signIn(annAccount);

    await ann.startDirect('Ben Forms');
    const long = 'x'.repeat(20_001);
    await ann.composer().fill(long);
    await page.getByText(/^1 character too many for one message\./).waitFor();
    await ann.composer().press('Enter');
    expect(await ann.composer().inputValue()).toBe(long);
    expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
    await ann.send('<img src=x onerror="document.title=1">');

    await ann.go('Settings');
    await page.getByRole('link', { name: 'Password' }).click();
    ann.person.excuse(/status of 401/);
    await page.getByRole('textbox', { name: 'Current password' }).fill('wrong');
    await page.getByRole('textbox', { name: 'New password' }).fill('short');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('A password needs at least 8 characters.').waitFor();
    await page.getByRole('textbox', { name: 'New password' }).fill('long enough now');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('This is not your current password.').waitFor();

    await ann.go('Docs');
    await ann.newDocument('Not a picture');
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Picture', exact: true }).first().click();
    await (
      await chooser
    ).setFiles({ name: 'virus.png', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
    await page.getByText(/is not a picture that browsers can show/).waitFor();
    await ann.writeAtEnd('The page lives.');
    await ann.saved();

    const ben = new Journey(await world.newPerson('Ben'));
    await ben.signIn(benAccount);
    await ben.openConversation('Ann Forms');
    await ben.message('<img src=x onerror="document.title=1">').waitFor();
    await ben.go('Docs');
    await ben.openDocument('Not a picture');
    await ben.reads('The page lives.');
  });

  it('from the network does no harm: nonsense on the socket, and a relay that fails', async () => {
    const [annAccount] = await accounts(world.relay.address, 'Ann Socket', 'Ben Socket');
    const ann = new Journey(await world.newPerson('Ann'));
    await ann.signIn(annAccount);
    await ann.startDirect('Ben Socket');
    await ann.send('Before the nonsense.');
    ann.person.excuse(/WebSocket|status of 500/);

    // With the cookie of this person, from this page: the relay closes that socket and goes on.
    const closed = await ann.page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/sync`);
          socket.onopen = () => socket.send(new Uint8Array([255, 0, 255, 1, 2, 3]));
          socket.onclose = ({ code }) => resolve(code);
        }),
    );
    expect(closed).toBeGreaterThanOrEqual(1002);
    await ann.send('After the nonsense.');
    await ann.saved();

    await ann.person.context.route('**/api/**', (route) =>
      route.fulfill({ status: 500, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
    );
    await ann.page.reload();
    await ann.message('After the nonsense.').waitFor();
    await ann.send('While the API fails.');
    await ann.person.open('/settings/devices');
    await ann.page.getByText(/Something went wrong on the relay/).waitFor();
    await ann.person.context.unroute('**/api/**');
    await ann.page.getByRole('button', { name: 'Try again' }).click();
    await ann.page.getByText('This device').first().waitFor();
    await ann.saved();
    const copy = await untilEqual([
      () => copyOfRelay(world.relay.address, annAccount.token),
      () => copyOfDevice(ann.page),
    ]);
    const said = JSON.stringify(copy.logs);
    for (const text of ['Before the nonsense.', 'After the nonsense.', 'While the API fails.'])
      expect(said.split(`"text":"${text}"`).length - 1, text).toBe(1);
    await until('the relay is well', async () => (await fetch(`${world.relay.address}/healthz`)).ok);
  });
});
