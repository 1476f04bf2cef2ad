import { afterEach, expect, test } from 'vitest';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { MemberId } from '../../shared/base/ids.ts';
import { limits } from '../../shared/protocol/limits.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.end());

async function twoPeople(): Promise<[MemberId, MemberId]> {
  world = await makeWorld(7);
  return [await world.member('ann'), await world.member('bo')];
}

test('500 rooms that changed while a device was away are there after at most 10 round trips', async () => {
  const [ann, bo] = await twoPeople();
  const reader = world.device(bo);
  await world.settle();
  reader.goOffline();
  const rooms = Array.from({ length: 500 }, (_, i) => world.room('chat', `c${i}`));
  await world.commands(
    ann,
    rooms.flatMap((room, i) => [
      [room, 'chat.create', { type: 'group', title: `${i}`, members: [bo] }] as const,
      [room, 'chat.send', { text: `message ${i}` }] as const,
    ]),
  );
  await world.settle();
  const before = world.network.delivered;
  reader.goOnline();
  while (
    reader.state?.connection !== 'online' ||
    reader.state.fetching ||
    (await reader.storage.meta.read()).cursor < 1_000
  )
    await world.settle(100);
  expect(world.network.delivered - before).toBeLessThanOrEqual(10);
  const chats = (await reader.storage.rooms.all()).filter((record) => record.room.includes('/chat/c'));
  expect(chats).toHaveLength(500);
  for (const { state, unread } of chats) {
    expect((state as ChatState).last?.text).toMatch(/^message /);
    expect(unread).toEqual([1]);
  }
}, 60_000);

test('a long conversation arrives as its state, for a device without space; its entries come when asked', async () => {
  const [ann, bo] = await twoPeople();
  const room = world.room('chat', 'long');
  const total = limits.logTail + 700;
  const messages = Array.from(
    { length: total - 1 },
    (_, i) => [room, 'chat.send', { text: `m${i}` }] as const,
  );
  await world.commands(ann, [
    [room, 'chat.create', { type: 'group', title: 'long', members: [bo] }],
    ...messages,
  ]);
  const reader = world.device(bo);
  reader.hasSpace = false;
  await world.settle();
  const [record] = await reader.storage.rooms.some([room]);
  expect(record).toMatchObject({ head: total, from: total });
  expect((record?.state as ChatState).title).toBe('long');
  await reader.history(room, record!.from, limits.history);
  await world.settle();
  const [after] = await reader.storage.rooms.some([room]);
  expect(after?.from).toBe(Math.max(0, record!.from - limits.history));
  const entries = await reader.storage.rooms.entries(room, 0, total);
  expect(entries.map((entry) => entry.seq)).toEqual(
    Array.from({ length: total - after!.from }, (_, i) => after!.from + i),
  );
}, 60_000);

test('somebody added to a conversation gets all of it; somebody taken out keeps nothing', async () => {
  const [ann, bo] = await twoPeople();
  const [hers, his] = [world.device(ann), world.device(bo)];
  await world.settle();
  const cy = await world.member('cy');
  const room = world.room('chat', 'group');
  await hers.send(room, 'chat.create', { type: 'group', title: '', members: [cy] });
  await hers.send(room, 'chat.send', { text: 'before' });
  await world.settle();
  expect(await his.storage.rooms.some([room])).toEqual([null]);
  await hers.send(room, 'chat.addMembers', { members: [bo] });
  await world.settle();
  expect(await his.storage.rooms.entries(room, 0, 10)).toHaveLength(3);
  await hers.send(room, 'chat.removeMember', { member: bo });
  await world.settle();
  expect(await his.storage.rooms.some([room])).toEqual([null]);
  expect(await his.storage.rooms.entries(room, 0, 10)).toEqual([]);
});

test('somebody taken out while away learns it when they come back', async () => {
  const [ann, bo] = await twoPeople();
  const [hers, his] = [world.device(ann), world.device(bo)];
  const cy = await world.member('cy');
  const room = world.room('chat', 'group');
  await hers.send(room, 'chat.create', { type: 'group', title: '', members: [bo, cy] });
  await world.settle();
  expect((await his.storage.rooms.some([room]))[0]).not.toBeNull();
  his.goOffline();
  await hers.send(room, 'chat.removeMember', { member: bo });
  await hers.send(room, 'chat.send', { text: 'secret' });
  await world.settle();
  his.goOnline();
  await world.settle(60_000);
  expect(await his.storage.rooms.some([room])).toEqual([null]);
});
