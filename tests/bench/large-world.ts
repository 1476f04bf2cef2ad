import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { RoomId } from '../../shared/base/ids.ts';
import { accounts, type Account } from '../support/journey.ts';
import { executablePath, Person } from '../support/person.ts';
import { startRelay, type RelayProcess } from '../support/relay-process.ts';
import { fillFolder } from '../support/full-folder.ts';

export interface LargeWorld {
  readonly relay: RelayProcess;
  readonly ann: Account;
  readonly bo: Account;
  readonly rooms: readonly RoomId[];
  readonly person: Person;
}

export const hasBrowser = (): boolean => existsSync(executablePath);

/** A relay with conversations of these sizes, which Ann has read and never had on this device; and her browser. */
export async function withLargeWorld<T>(
  sizes: readonly number[],
  work: (world: LargeWorld) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-large-'));
  try {
    const empty = await startRelay({ data: folder });
    const people = await accounts(empty.address, 'Ann', 'Bo', 'Cy');
    await empty.stop();
    const members = people.map(({ member }) => member.id);
    const rooms = fillFolder({ folder, members, sizes, until: Date.now() });
    const relay = await startRelay({ data: folder, env: { WEFT_LOG: 'warn' } });
    const person = new Person('Ann', relay.port, {});
    try {
      await person.line.plugIn();
      await person.begin();
      return await work({ relay, ann: people[0], bo: people[1], rooms, person });
    } finally {
      await person.close();
      await relay.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To the list of conversations, however long that takes; `before` is a script that runs when everything is filled in. */
export async function signInTo({ page, address }: Person, account: Account, before = ''): Promise<void> {
  await page.goto(`${address}/sign-in`);
  await page.getByLabel('E-mail', { exact: true }).fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(account.password);
  await page.evaluate(before);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page
    .getByRole('list', { name: 'Conversations' })
    .getByRole('link')
    .first()
    .waitFor({ timeout: 600_000 });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

/** Everything that is fetched in the background has come. */
export async function allIsHere(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Network and sync: Saved' }).click({ timeout: 300_000 });
  await page.getByText('All messages are on this device.').waitFor({ timeout: 3_600_000 });
  await page.keyboard.press('Escape');
}
