import { openDB } from 'idb';
import { afterEach, expect, test } from 'vitest';
import * as Y from 'yjs';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import type { WorldDevice } from '../support/world-device.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.end());

async function read(device: WorldDevice, id: string): Promise<string> {
  const { session, doc } = device.newTab().open(world.room('scratch', id));
  while (!session.ready) await world.settle(50);
  return doc.getText('t').toString();
}

test('what is damaged in the database is fetched again, and what was not sent is kept', async () => {
  world = await makeWorld(21);
  const ann = await world.member('ann');
  const device = world.device(ann);
  await world.settle();
  const chat = world.room('chat', 'c');
  await device.send(chat, 'chat.create', { type: 'group', title: 'kept', members: [ann] });
  const text = device.newTab().open(world.room('scratch', 's'));
  await world.settle();
  text.doc.getText('t').insert(0, 'words');
  await world.settle();
  device.goOffline();
  await device.send(chat, 'chat.send', { text: 'later' });
  await device.restart(false);
  const db = await openDB(device.database);
  const damage = db.transaction(['rooms', 'updates'], 'readwrite');
  await damage.objectStore('rooms').put({ room: chat, cursor: 'a', nonsense: true });
  for (const key of await damage.objectStore('updates').getAllKeys())
    await damage
      .objectStore('updates')
      .put({ room: world.room('scratch', 's'), at: 0, bytes: Uint8Array.of(9, 9, 9) }, key);
  await damage.done;
  db.close();
  await device.restart(true);
  expect(await read(device, 's')).toBe('');
  expect(device.problems[0]).toMatchObject({ code: 'device-damaged' });
  const usedBefore = text.doc.clientID;
  device.goOnline();
  await world.settle();
  await device.restart(true);
  await world.settle();
  expect(await read(device, 's')).toBe('words');
  expect(await device.storage.leases.usable()).not.toContain(usedBefore);
  expect((await device.storage.rooms.entries(chat, 0, 10)).map((entry) => entry.type)).toEqual([
    'chat.create',
    'chat.send',
  ]);
  expect(await device.storage.outbox.all()).toEqual([]);
});

test('a relay that was restored without what a device had from it loses nothing on the device', async () => {
  world = await makeWorld(22);
  const ann = await world.member('ann');
  const device = world.device(ann);
  await world.settle();
  const tab = device.newTab();
  const text = tab.open(world.room('scratch', 's'));
  await world.settle();
  text.doc.getText('t').insert(0, 'once acknowledged');
  await world.settle();
  expect(text.session.saved).toBe('relay');
  world.replaceStore(createMemoryStore({ workspace: world.store.workspace, epoch: 'restored' }));
  await world.member('ann');
  await world.settle(60_000);
  expect((await device.storage.meta.read()).epoch).toBe('restored');
  // This relay knows neither receipts nor client ids: what one wrote oneself comes back under new ones, once.
  const onRelay = new Y.Doc();
  Y.applyUpdate(onRelay, world.relay.text(world.room('scratch', 's')));
  expect(onRelay.getText('t').toString()).toBe('once acknowledged');
  expect(await device.storage.texts.queue()).toEqual([]);
  expect(await device.storage.journal.lost()).toEqual([]);
  await device.restart(false);
  expect(await read(device, 's')).toBe('once acknowledged');
});
