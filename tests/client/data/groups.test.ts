import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let bo: MemberId;
let group: RoomId;
let first: LocalWorkspace;
let his: WorldDevice;
let hers: WorldDevice;
let second: LocalWorkspace;

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
const texts = (entries: readonly { data: unknown }[]): unknown[] =>
  entries.map((entry) => (entry.data as { text?: string }).text).filter((text) => text !== undefined);
const say = (text: string) => first.send(group, 'chat.send', { text });

beforeEach(async () => {
  world = await makeWorld(12);
  [ann, bo] = [await world.member('ann'), await world.member('bo')];
  his = world.device(ann);
  hers = world.device(bo);
  await world.settle();
  [first, second] = [pageOn(his), pageOn(hers)];
  await world.settle();
  group = world.room('chat', 'group');
  await first.send(group, 'chat.create', { type: 'group', title: 'G', members: [ann] });
});
afterEach(() => world.end());

test('a copy that begins with one’s coming is whole: nothing older is asked for', async () => {
  for (let i = 0; i < 150; i++) await say(`before ${i}`);
  await first.send(group, 'chat.set', { newcomersRead: 'fromThen' });
  await first.send(group, 'chat.addMembers', { members: [bo] });
  await say('welcome');
  await world.settle();
  const view = second.openLog(group);
  await world.settle();
  expect(texts(view.entries)).toEqual(['welcome']);
  expect(view.complete).toBe(true);
  await view.loadOlder();
  expect(view.olderFailure).toBeNull();
  const [record] = await hers.storage.rooms.some([group]);
  expect(JSON.stringify(record)).not.toContain('before');
  expect(second.chat('group')?.state.last?.text).toBe('welcome');
});

test('who is made a manager with a device that is there sees who asks to come in', async () => {
  const joins = world.room('chat', 'group', 'joins');
  const eve = await world.member('eve');
  await first.send(group, 'chat.addMembers', { members: [bo] });
  await world.settle();
  await world.relay.appendFact(joins, 'chat.ask', eve, {});
  await world.settle();
  expect(first.chat('group')?.requests).toEqual([eve]);
  expect(second.chat('group')?.requests).toEqual([]);
  await first.send(group, 'chat.admin', { member: bo, admin: true });
  await world.settle();
  expect(second.chat('group')?.requests).toEqual([eve]);
  await first.send(group, 'chat.admin', { member: bo, admin: false });
  await world.settle();
  expect(second.chat('group')?.requests).toEqual([]);
  expect(await hers.storage.rooms.some([joins])).toEqual([null]);
});

test('two managers who act with no network end in one group, and are told what was not taken', async () => {
  const [eve, zoe] = [await world.member('eve'), await world.member('zoe')];
  await world.settle();
  await first.send(group, 'chat.addMembers', { members: [bo, eve] });
  await first.send(group, 'chat.admin', { member: bo, admin: true });
  await world.settle();
  his.goOffline();
  hers.goOffline();
  await world.settle(100);
  // Ann mutes the group and makes Eve an admin; Bo names it, lets Zoe in, and takes Eve out.
  await first.send(group, 'chat.set', { writes: 'managers' });
  await first.send(group, 'chat.admin', { member: eve, admin: true });
  await second.send(group, 'chat.rename', { title: 'Crew' });
  await second.send(group, 'chat.set', { adds: 'managers' });
  await second.send(group, 'chat.addMembers', { members: [zoe] });
  await second.send(group, 'chat.removeMember', { member: eve });
  expect(Object.keys(second.chat('group')!.state.members)).not.toContain(eve);
  his.goOnline();
  await world.settle();
  hers.goOnline();
  await world.settle();
  const [one, other] = [first.chat('group')!.state, second.chat('group')!.state];
  expect(other).toEqual(one);
  expect(world.relay.state(group)).toEqual(one);
  expect(one).toMatchObject({ title: 'Crew', settings: { writes: 'managers', adds: 'managers' } });
  expect(Object.keys(one.members).sort()).toEqual([ann, bo, eve, zoe].sort());
  expect(second.sync.queue.map(({ type, failure }) => [type, failure?.code])).toEqual([
    ['chat.removeMember', 'forbidden'],
  ]);
});
