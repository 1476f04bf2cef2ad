import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { browserWorld } from '../support/browser.ts';
import { accounts, Journey } from '../support/journey.ts';
import { copyOfDevice, copyOfRelay, untilEqual } from '../support/journey-copies.ts';

const world = browserWorld();

/** Breaks the database of this browser past the program: snapshots and entries become garbage, the rows of rooms go. */
const damage = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const [{ name } = { name: '' }] = (await indexedDB.databases()).filter(
      (each) => each.name?.startsWith('weft:') && !each.name.endsWith(':search'),
    );
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name ?? '');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error('the database does not open'));
    });
    const tx = db.transaction(['entries', 'updates', 'snapshots', 'rooms'], 'readwrite');
    for (const store of ['updates', 'snapshots']) {
      tx.objectStore(store).openCursor().onsuccess = (event) => {
        const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
        if (!cursor) return;
        const row = cursor.value as Record<string, unknown>;
        if (row['unsent'] === undefined) cursor.update({ ...row, bytes: new Uint8Array([255, 255, 255, 7]) });
        cursor.continue();
      };
    }
    tx.objectStore('entries').clear();
    await new Promise<void>((resolve, reject) => {
      tx.oncomplete = () => resolve();
      tx.onerror = () => reject(new Error('the database could not be damaged'));
    });
    db.close();
  });

test('damage in the database of a device is said and mended from the relay, and unsent work is kept', async () => {
  const [annAccount] = await accounts(world.relay.address, 'Ann Damage', 'Ben Damage');
  const ann = new Journey(await world.newPerson('Ann'));
  await ann.signIn(annAccount);
  await ann.startDirect('Ben Damage');
  await ann.send('On the relay.');
  await ann.go('Docs');
  await ann.newDocument('Soon damaged');
  await ann.writeAtEnd('Kept by the relay.');
  await ann.saved();
  const doc = ann.openId();
  await ann.go('Messages');
  await ann.openConversation('Ben Damage');
  await ann.person.goOffline();
  await ann.send('Only on this device.');
  await damage(ann.page);
  ann.person.excuse(/./);
  await ann.person.restart('/');
  await ann.page.getByText('The data on this device cannot be read.').first().waitFor();
  await ann.person.goOnline();
  await ann.saved();
  await ann.openConversation('Ben Damage');
  await ann.message('On the relay.').waitFor();
  await ann.message('Only on this device.').waitFor();
  expect(await ann.message('Only on this device.').count()).toBe(1);
  await ann.person.open(`/docs/${doc}`);
  await ann.reads('Kept by the relay.');
  // What was said about the damage goes away by itself when it is mended.
  await ann.page.getByText('The data on this device cannot be read.').first().waitFor({ state: 'hidden' });
  await ann.writeAtEnd(' And writing goes on.');
  await ann.saved();
  await untilEqual([() => copyOfRelay(world.relay.address, annAccount.token), () => copyOfDevice(ann.page)]);
});
