import Database from 'better-sqlite3';
import { sumOf, type Value } from '../../server/storage/sqlite/sums.ts';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserWorld } from '../support/browser.ts';
import { Journey } from '../support/journey.ts';
import { until } from '../support/relay-process.ts';
import { signIn } from '../support/sign-in.ts';

const world = browserWorld({ env: { WEFT_ADMIN_EMAIL: undefined, WEFT_ADMIN_PASSWORD: undefined } });

const ada = { name: 'Ada', email: 'ada@example.org', password: 'looms and bobbins' };
const bo = { name: 'Bo', email: 'bo@example.org', password: 'warp and weft' };

async function fillIn(journey: Journey, who: typeof ada): Promise<void> {
  await journey.page.getByLabel('Your name').fill(who.name);
  await journey.page.getByLabel('E-mail', { exact: true }).fill(who.email);
  await journey.page.getByLabel('Password', { exact: true }).fill(who.password);
}

/** Makes an invitation for one person in the page and gives the path of its link. */
async function invite(journey: Journey): Promise<string> {
  const { page } = journey;
  await journey.go('Contacts');
  await page.getByRole('button', { name: 'Invite people' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Invite people' });
  await dialog.getByLabel('The link works for').selectOption({ label: 'one person' });
  await dialog.getByRole('button', { name: 'Create link' }).click();
  const link = await dialog.getByRole('link', { name: /\/join\// }).innerText();
  await dialog.getByRole('img', { name: 'QR code of the invitation link' }).waitFor();
  return new URL(link).pathname;
}

const whatIsLeft = (journey: Journey): Promise<unknown> =>
  journey.page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map(({ name }) => name),
    foreignCaches: (await caches.keys()).filter((name) => !name.startsWith('weft-files-')),
    remembered: Object.keys(localStorage).filter((key) => /account|draft/.test(key)),
  }));

describe('a workspace from its first minute', () => {
  it('is set up by the link in the log, joined by invitation, and left without a trace', async () => {
    const secret = await until('the log names the one-time link', () => {
      return /\/setup#([\w-]+)/.exec(world.relay.log())?.[1];
    });

    const first = new Journey(await world.newPerson('Ada'));
    await first.person.open('/');
    await first.page.getByText('Nobody has set this workspace up yet.').waitFor();
    await first.person.open(`/setup#${secret}`);
    await first.page.getByLabel('Name of the company').fill('Loom & Co');
    await fillIn(first, ada);
    await first.page.getByRole('button', { name: 'Create workspace' }).click();
    await first.shell();
    await first.saved();

    // The link worked once.
    const second = new Journey(await world.newPerson('Bo'));
    await second.person.open(`/setup#${secret}`);
    await second.page.getByText('This workspace is set up already.').waitFor();

    const link = await invite(first);
    await second.person.open(link);
    await second.page.getByRole('heading', { name: 'Join Loom & Co' }).waitFor();
    await second.page.getByText('Ada invites you.').waitFor();
    await fillIn(second, bo);
    await second.page.getByRole('button', { name: 'Join' }).click();
    await second.shell();
    await second.saved();
    await first.page.keyboard.press('Escape');
    await first.page.getByRole('list', { name: 'People' }).getByRole('link', { name: 'Bo' }).waitFor();

    // Used up, revoked, expired, invented: each says so.
    const third = new Journey(await world.newPerson('somebody else'));
    third.person.excuse(/status of (?:404|410)/);
    await third.person.open(link);
    await third.page.getByText('This link has expired. Ask for a new one.').waitFor();
    const revoked = await invite(first);
    await first.page
      .getByRole('button', { name: /^Revoke the invitation/ })
      .first()
      .click();
    await first.page.getByText('The link no longer works.').waitFor();
    await third.person.open(revoked);
    await third.page.getByText('This link has expired. Ask for a new one.').waitFor();
    await first.page.keyboard.press('Escape');
    const expired = await invite(first);
    await world.relay.kill9(); // a relay has its database for itself
    const table = new Database(join(world.relay.data, 'weft.db'));
    table.function('weft_sum', { varargs: true }, (...values) => sumOf(...(values as Value[])));
    table
      .prepare(
        `UPDATE invitations SET expires_at = 1,
         sum = weft_sum(code, id, role, uses, max_uses, 1, created_by, created_at, revoked_at, approve, member)
         WHERE uses = 0 AND revoked_at IS NULL`,
      )
      .run();
    table.close();
    await world.relay.start();
    await third.person.open(expired);
    await third.page.getByText('This link has expired. Ask for a new one.').waitFor();
    await third.person.open('/join/never-made');
    await third.page.getByText('This link is not valid. Ask for a new one.').waitFor();

    // A wrong password says so, and leaves the address as it was.
    third.person.excuse(/status of 401/);
    await third.person.open('/sign-in');
    await third.page.getByLabel('E-mail', { exact: true }).fill(bo.email);
    await third.page.getByLabel('Password', { exact: true }).fill('not his password');
    await third.page.getByRole('button', { name: 'Sign in' }).click();
    await third.page.getByText('E-mail or password is wrong. Try again.').waitFor();
    expect(await third.page.getByLabel('E-mail', { exact: true }).inputValue()).toBe(bo.email);

    // What is unsent is told before anything is deleted; then the device holds nothing of the person.
    await second.go('Messages');
    await second.page.getByRole('button', { name: 'New conversation' }).first().click();
    await second.page.getByRole('dialog').getByRole('button', { name: 'Ada' }).click();
    await second.send('This one arrives.');
    await second.saved();
    await second.person.goOffline();
    await second.send('This one only if Bo waits.');
    await second.go('Settings');
    await second.page.getByRole('button', { name: 'Sign out', exact: true }).click();
    const leaving = second.page.getByRole('dialog', { name: 'Sign out of this device?' });
    await leaving.getByText('1 message', { exact: true }).waitFor();
    const download = second.page.waitForEvent('download');
    await leaving.getByRole('button', { name: 'Download them first' }).click();
    expect((await download).suggestedFilename()).toMatch(/^weft-unsent-/);
    await leaving.getByRole('button', { name: 'Sign out and delete' }).click();
    await second.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await until('the device is empty', async () => {
      const left = JSON.stringify(await whatIsLeft(second));
      return left === JSON.stringify({ databases: [], foreignCaches: [], remembered: [] });
    });

    // Also after a restart with the network back: nobody is signed in by a cookie that was left.
    await second.person.restart('/');
    await second.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await second.person.goOnline();
    second.person.excuse(/status of 401/);
    await second.person.open('/messages');
    await second.page.getByLabel('E-mail', { exact: true }).waitFor();
    await second.signIn(bo);
    await second.openConversation('Ada');
    await second.message('This one arrives.').waitFor();
    expect(await second.message('This one only if Bo waits.').count()).toBe(0);

    // And the program is still on the device for the next start without a network.
    await second.person.goOffline();
    await second.person.restart('/');
    await second.openConversation('Ada');
    await second.person.goOnline();
    await second.saved();

    // Bo ends this session from somewhere else; the page is told at once.
    const elsewhere = await signIn(world.relay.address, bo);
    const headers = { authorization: `Bearer ${elsewhere.token}` };
    const answer = await fetch(`${world.relay.address}/api/sessions`, { headers });
    const sessions = (await answer.json()) as { id: string; current: boolean }[];
    const [session, ...forgotten] = sessions.filter(({ current }) => !current);
    expect(forgotten, 'the session that was left without a network has ended').toEqual([]);
    await fetch(`${world.relay.address}/api/sessions/${session?.id}`, { method: 'DELETE', headers });
    await second.page.getByText('This device was signed out.').waitFor({ timeout: 5_000 });
    await until('the device is empty', async () => {
      const left = JSON.stringify(await whatIsLeft(second));
      return left === JSON.stringify({ databases: [], foreignCaches: [], remembered: [] });
    });
  });
});
