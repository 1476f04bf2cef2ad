import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import { limits } from '../../../shared/protocol/limits.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let bo: MemberId;
let device: WorldDevice;
let data: WorkspaceData;
let room: RoomId;

const pageOn = (on: WorldDevice): LocalWorkspace =>
  new LocalWorkspace({
    ...on.page(),
    workspace: world.store.workspace,
    me: on.member,
    device: on.device,
    role: 'member',
    startLeader: () => ({ stop: () => undefined }),
    onEnded: () => undefined,
    clearCaches: () => Promise.resolve(),
  });

beforeEach(async () => {
  world = await makeWorld(12);
  ann = await world.member('ann');
  bo = await world.member('bo');
  device = world.device(ann);
  room = world.room('chat', 'team');
  await world.commands(bo, [[room, 'chat.create', { type: 'group', title: 'Team', members: [ann] }]]);
  await world.settle();
  data = pageOn(device);
  await world.settle();
});
afterEach(() => world.end());

const say = (...said: object[]): Promise<unknown> =>
  world.commands(
    bo,
    said.map((each) => [room, 'chat.send', each]),
  );
const found = async (): Promise<string[]> => (await data.mentions(100)).map(({ text }) => text);

test('what calls me, by name or with everybody, is gathered with the newest first', async () => {
  await say({ text: 'one', mentions: [ann] }, { text: 'two' }, { text: 'three', all: true });
  await say({ text: 'four', mentions: [bo] });
  await data.send(room, 'chat.send', { text: 'I call myself', mentions: [ann] });
  await world.settle();
  expect(await found()).toEqual(['three', 'one']);
  expect((await data.mentions(1)).map(({ text, all }) => [text, all])).toEqual([['three', true]]);
});

test('unread ones are told apart from unread messages, until they are read on any device', async () => {
  await say({ text: 'one', mentions: [ann] }, { text: 'two' }, { text: 'three', all: true });
  await world.settle();
  expect(data.chats[0]).toMatchObject({ unread: 3, calls: [1, 3] });
  const phone = pageOn(world.device(ann, 'phone'));
  await world.settle();
  await phone.send(`${room}:reads` as RoomId, 'chat.read', { upTo: 2 });
  await world.settle();
  expect(data.chats[0]).toMatchObject({ unread: 1, calls: [3] });
});

test('older ones come with the history that is fetched', async () => {
  await say({ text: 'old', mentions: [ann] });
  for (let sent = 0; sent <= limits.logTail; sent += 100)
    await say(...Array.from({ length: 100 }, (_, i) => ({ text: `line ${sent + i}` })));
  const late = world.device(ann, 'late');
  late.hasSpace = false;
  await world.settle();
  const page = pageOn(late);
  await world.settle();
  expect(await page.mentions(10)).toEqual([]);
  const view = page.openLog(room);
  await world.settle();
  const reached = view.reach(0);
  await world.settle();
  await reached;
  expect((await page.mentions(10)).map(({ text }) => text)).toEqual(['old']);
});

test('they go with the conversation', async () => {
  await say({ text: 'one', mentions: [ann] });
  await world.settle();
  await world.commands(bo, [[room, 'chat.removeMember', { member: ann }]]);
  await world.settle();
  expect(await found()).toEqual([]);
});
