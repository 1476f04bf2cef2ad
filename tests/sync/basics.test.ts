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
