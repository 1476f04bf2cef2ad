import { forceCloseDatabase } from 'fake-indexeddb';
import { deleteDB } from 'idb';
import { afterEach, expect, test, vi } from 'vitest';
import * as Y from 'yjs';
import type { ChatState } from '../../../shared/features/chat/schema.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
afterEach(async () => {
  vi.restoreAllMocks();
  await world.end();
});

test('a browser that throws the database away under an open page loses nothing the page still knows', async () => {
  world = await makeWorld(61);
  const ann = await world.member('ann');
  const device = world.device(ann);
  await world.settle();
  const parts = device.page();
  const page = new LocalWorkspace({
    ...parts,
    workspace: world.store.workspace,
    me: ann,
    device: device.device,
    role: 'member',
    startLeader: () => ({ stop: () => undefined }),
    onEnded: () => undefined,
    clearCaches: () => Promise.resolve(),
  });
  const chat = world.room('chat', 'c');
  const room = world.room('scratch', 's');
  await world.settle();
  await page.send(chat, 'chat.create', { type: 'group', title: 'kept', members: [ann] });
  const text = page.openText(room);
  await world.settle();
  text.doc.getText('t').insert(0, 'sent ');
  await world.settle();
  device.goOffline();
  text.doc.getText('t').insert(5, 'unsent');
  await page.send(chat, 'chat.send', { text: 'later' });
  await world.settle(200);
  const usedId = text.doc.clientID;

  const connections = new Set<IDBDatabase>();
  const { transaction } = IDBDatabase.prototype;
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    connections.add(this);
    return transaction.apply(this, args);
  });
  await parts.storage.meta.read();
  for (const connection of connections) forceCloseDatabase(connection as never);
  vi.restoreAllMocks();
  await deleteDB(device.database);
  expect(await parts.storage.outbox.all()).toEqual([]);
  await page.evicted();
  await world.settle(200);
  device.goOnline();
  await world.settle();

  const onRelay = new Y.Doc();
  Y.applyUpdate(onRelay, world.relay.text(room));
  expect(onRelay.getText('t').toString()).toBe('sent unsent');
  expect((page.chats[0]?.state as ChatState).title).toBe('kept');
  expect(world.relay.entries(null, chat, 0, 10).map((entry) => entry.type)).toEqual([
    'chat.create',
    'chat.send',
  ]);
  expect(page.sync.unsent).toBe(0);
  expect(await parts.storage.leases.usable()).not.toContain(usedId);
  expect((await page.readText(room)).getText('t').toString()).toBe('sent unsent');
});
