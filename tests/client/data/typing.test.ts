import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let annDevice: WorldDevice;
let hers: LocalWorkspace;
let his: LocalWorkspace;
let stranger: LocalWorkspace;
let room: RoomId;

function pageOn(on: WorldDevice): LocalWorkspace {
  return new LocalWorkspace({
    ...on.page(),
    workspace: world.store.workspace,
    me: on.member,
    device: on.device,
    role: 'member',
    startLeader: () => ({ stop: () => undefined }),
    onEnded: () => undefined,
    clearCaches: () => Promise.resolve(),
  });
}

beforeEach(async () => {
  world = await makeWorld(31);
  ann = await world.member('ann');
  const [bo, eve] = [await world.member('bo'), await world.member('eve')];
  annDevice = world.device(ann);
  const others = [world.device(bo), world.device(eve)] as const;
  await world.settle();
  hers = pageOn(annDevice);
  his = pageOn(others[0]);
  stranger = pageOn(others[1]);
  await world.settle();
  room = world.room('chat', 'g');
  await hers.send(room, 'chat.create', { type: 'group', title: 'g', members: [bo] });
  await world.settle();
});
afterEach(() => world.end());

test('who writes is seen by those who look at the conversation, for as long as they go on', async () => {
  const [own, seen] = [hers.openTyping(room), his.openTyping(room)];
  await world.settle();
  own.tell();
  await world.settle(500);
  expect(seen.people).toEqual([ann]);
  expect(own.people).toEqual([]);
  // Still at it.
  for (let key = 0; key < 8; key++) {
    await world.settle(1_000);
    own.tell();
  }
  expect(seen.people).toEqual([ann]);
  await world.settle(8_000);
  expect(seen.people).toEqual([]);
  own.tell();
  await world.settle(500);
  own.stop();
  await world.settle(500);
  expect(seen.people).toEqual([]);
});

test('nobody sees it who is not in the conversation, and nothing of it is kept', async () => {
  const [own, outside] = [hers.openTyping(room), stranger.openTyping(room)];
  await world.settle();
  const before = world.store.head();
  own.tell();
  await world.settle(1_000);
  expect(outside.people).toEqual([]);
  outside.tell();
  await world.settle(1_000);
  expect(own.people).toEqual([]);
  expect(world.store.head()).toBe(before);
});

test('it goes with the page, and begins again after the network was away', async () => {
  const [own, seen] = [hers.openTyping(room), his.openTyping(room)];
  await world.settle();
  own.tell();
  await world.settle(500);
  own.close();
  await world.settle(500);
  expect(seen.people).toEqual([]);
  const again = hers.openTyping(room);
  annDevice.goOffline();
  await world.settle(500);
  again.tell();
  await world.settle(3_000);
  annDevice.goOnline();
  await world.settle();
  // What was begun without a network is over.
  again.stop();
  again.tell();
  await world.settle(500);
  expect(seen.people).toEqual([ann]);
});

test('who looks at a customer’s conversation is seen to be there, until they look away, also after the network was away', async () => {
  const [own, seen] = [hers.openTyping(room), his.openTyping(room)];
  await world.settle();
  own.look(true);
  await world.settle(2_000);
  expect([seen.here, seen.people, own.here]).toEqual([[ann], [], []]);
  own.tell();
  await world.settle(500);
  expect([seen.here, seen.people]).toEqual([[ann], [ann]]);
  own.stop();
  await world.settle(500);
  expect([seen.here, seen.people]).toEqual([[ann], []]);
  annDevice.goOffline();
  await world.settle(1_000);
  expect(seen.here).toEqual([]);
  annDevice.goOnline();
  await world.settle(20_000);
  expect(seen.here).toEqual([ann]);
  own.look(false);
  await world.settle(500);
  expect(seen.here).toEqual([]);
  own.look(true);
  await world.settle(2_000);
  own.close();
  await world.settle(500);
  expect(seen.here).toEqual([]);
});
