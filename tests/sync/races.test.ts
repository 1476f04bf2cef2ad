import { afterEach, expect, test } from 'vitest';
import { createMemoryStore } from '../../server/storage/memory/store.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import type { CommandId } from '../../shared/base/ids.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.end());

test('a conversation lost while its contents wait to be stored is not kept', async () => {
  world = await makeWorld(51);
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  const cy = await world.member('cy');
  const reader = world.device(bo);
  await world.settle();
  reader.goOffline();
  const rooms = Array.from({ length: 250 }, (_, i) => world.room('chat', `c${i}`));
  await world.commands(
    ann,
    rooms.map((room) => [room, 'chat.create', { type: 'group', title: '', members: [bo, cy] }] as const),
  );
  await world.settle();
  // A slow disk: what comes meanwhile must wait its turn.
  const store = reader.storage.rooms as { storeContents: typeof reader.storage.rooms.storeContents };
  const { storeContents } = store;
  const disk: (() => void)[] = [];
  store.storeContents = async (contents) => {
    await new Promise<void>((written) => disk.push(written));
    return storeContents(contents);
  };
  reader.goOnline();
  while (disk.length === 0) await world.step(10);
  await world.step(300);
  await world.commands(
    ann,
    rooms.map((room) => [room, 'chat.removeMember', { member: bo }] as const),
  );
  await world.step(2_000);
  store.storeContents = storeContents;
  for (const written of disk) written();
  await world.settle();
  const left = (await reader.storage.rooms.all()).filter(({ room }) => rooms.includes(room));
  expect(left).toEqual([]);
});

test('rows that come while their room is being fetched are stored once', async () => {
  world = await makeWorld(52);
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  const [writer, reader] = [world.device(ann), world.device(bo)];
  const text = writer.newTab().open(world.room('scratch', 's'));
  await world.settle();
  reader.goOffline();
  text.doc.getText('t').insert(0, 'one');
  await world.settle();
  reader.goOnline();
  while (reader.state?.connection !== 'online') await world.step(1);
  for (let i = 0; i < 5; i++) {
    text.doc.getText('t').insert(0, 'x');
    await text.session.flush();
    await world.step(2);
  }
  await world.settle();
  const pieces = await reader.storage.texts.everything(world.room('scratch', 's'));
  expect(new Set(pieces.map(({ bytes }) => bytes.join())).size).toBe(pieces.length);
  const read = reader.newTab().open(world.room('scratch', 's'));
  await world.settle();
  expect(read.doc.getText('t').toString()).toBe('xxxxxone');
});

test('what the relay took and lost again with a restore is sent to it again, once', async () => {
  world = await makeWorld(53);
  const ann = await world.member('ann');
  const device = world.device(ann);
  await world.settle();
  const chat = world.room('chat', 'c');
  // Answered by the relay that is gone; the entry never came.
  device.goOffline();
  const id = await device.send(chat, 'chat.create', { type: 'group', title: 'kept', members: [ann] });
  await device.storage.outbox.settle([{ id, seq: 0 }]);
  world.replaceStore(createMemoryStore({ workspace: world.store.workspace, epoch: 'restored' }));
  await world.member('ann');
  device.goOnline();
  await world.settle(60_000);
  const [record] = await device.storage.rooms.some([chat]);
  expect((record?.state as ChatState | undefined)?.title).toBe('kept');
  expect(await device.storage.outbox.all()).toEqual([]);
});

test('a leader that goes while answers are on their way leaves nothing undone and nothing done twice', async () => {
  for (let frames = 0; frames < 12; frames++) {
    world = await makeWorld(100 + frames);
    const ann = await world.member('ann');
    const device = world.device(ann);
    await world.settle();
    const chat = world.room('chat', 'c');
    const ids: CommandId[] = [
      await device.send(chat, 'chat.create', { type: 'group', title: '', members: [ann] }),
    ];
    for (let i = 0; i < 5; i++) ids.push(await device.send(chat, 'chat.send', { text: `${i}` }));
    const text = device.newTab().open(world.room('scratch', 's'));
    await world.step(frames * 3);
    if (text.session.ready && !text.session.locked) text.doc.getText('t').insert(0, 'kept');
    await text.session.flush();
    await world.step(frames);
    await device.restart(true);
    await world.settle();
    expect(world.relay.entries(null, chat, 0, 100).map(({ id }) => id)).toEqual(ids);
    expect(await device.storage.outbox.all()).toEqual([]);
    expect(await device.storage.texts.queue()).toEqual([]);
    if (frames < 11) await world.end();
  }
});

test('a text nobody opens here is merged in the background, and what is not sent is left alone', async () => {
  world = await makeWorld(54);
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  const [writer, reader] = [world.device(ann), world.device(bo)];
  const room = world.room('scratch', 's');
  const text = writer.newTab().open(room);
  const own = reader.newTab().open(room);
  await world.settle();
  own.doc.getText('t').insert(0, '!');
  await world.settle();
  for (let i = 0; i < 210; i++) {
    text.doc.getText('t').insert(0, 'x');
    await text.session.flush();
    await world.quiet();
    if (i !== 150) continue;
    await own.close();
    await reader.storage.texts.append(room, Uint8Array.of(0, 0), bo, 1, 0);
  }
  await world.settle();
  expect((await reader.storage.texts.everything(room)).length).toBeLessThan(100);
  const read = reader.newTab().open(room);
  await world.settle();
  expect(read.doc.getText('t').toString()).toBe(`${'x'.repeat(210)}!`);
});

test('a device whose clock runs ten years ahead shows the newest change of a text as the newest', async () => {
  world = await makeWorld(55);
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  const [ahead, other] = [world.device(ann), world.device(bo)];
  const room = world.room('scratch', 's');
  await world.settle();
  const theirs = other.newTab().open(room);
  await world.settle();
  theirs.doc.getText('t').insert(0, 'a');
  await world.settle();
  const mine = ahead.newTab().open(room);
  await world.settle();
  mine.doc.getText('t').insert(0, 'b');
  await mine.session.flush();
  const tenYears = 10 * 365 * 24 * 3_600_000;
  await ahead.storage.texts.append(room, Uint8Array.of(0, 0), ann, world.clock.now() + tenYears, 0);
  expect((await ahead.storage.rooms.some([room]))[0]?.by).toBe(ann);
  await world.settle();
  theirs.doc.getText('t').insert(0, 'c');
  await world.settle();
  const [record] = await ahead.storage.rooms.some([room]);
  expect(record?.by).toBe(bo);
  expect(record?.at).toBeLessThan(world.clock.now() + 1_000);
});
