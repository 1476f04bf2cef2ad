import { afterEach, expect, test } from 'vitest';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.end());

test('a message and a word written on one device are on another', async () => {
  world = await makeWorld(1);
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  const [annes, bos] = [world.device(ann), world.device(bo)];
  await world.settle();
  const chat = world.room('chat', 'c1');
  await annes.send(chat, 'chat.create', { type: 'group', title: 'G', members: [bo] });
  await annes.send(chat, 'chat.send', { text: 'hello' });
  const text = annes.newTab().open(world.room('scratch', 's'));
  await world.settle();
  expect(text.session.locked).toBeNull();
  text.doc.getText('t').insert(0, 'word');
  await world.settle();
  const [record] = await bos.storage.rooms.some([chat]);
  expect((record?.state as ChatState).last?.text).toBe('hello');
  expect(record?.unread).toEqual([1]);
  const read = bos.newTab().open(world.room('scratch', 's'));
  await world.settle();
  expect(read.doc.getText('t').toString()).toBe('word');
  expect(text.session.saved).toBe('relay');
  expect(await annes.storage.outbox.all()).toEqual([]);
});

test('a device with more tabs than its stock of client ids writes in each of them', async () => {
  world = await makeWorld(2);
  const device = world.device(await world.member('ann'));
  await world.settle();
  const count = 40;
  const room = world.room('scratch', 's');
  const tabs = [];
  for (let i = 0; i < count; i++) {
    tabs.push(device.newTab().open(room));
    // Some are opened with no network; they wait until it is back.
    if (i === 20) device.goOffline();
    if (i === 30) device.goOnline();
    await world.settle();
  }
  for (const [i, { session, doc }] of tabs.entries()) {
    expect(session.locked, `tab ${i}`).toBeNull();
    doc.getText('t').insert(0, 'x');
    await world.settle();
  }
  expect(new Set(tabs.map(({ doc }) => doc.clientID)).size).toBe(count);
  expect(tabs[0]!.doc.getText('t').length).toBe(count);
});
