import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import { OwnList } from '../../../client/features/chat/list/own-list.ts';
import { toasts } from '../../../client/ui/toasts.svelte.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let bo: MemberId;
let desk: WorldDevice;
let data: LocalWorkspace;
let phone: LocalWorkspace;
let own: OwnList;
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
  world = await makeWorld(13);
  ann = await world.member('ann');
  bo = await world.member('bo');
  room = world.room('chat', 'team');
  await world.commands(bo, [[room, 'chat.create', { type: 'group', title: 'Team', members: [ann] }]]);
  desk = world.device(ann, 'desk');
  data = pageOn(desk);
  phone = pageOn(world.device(ann, 'phone'));
  await world.settle();
  own = new OwnList(data);
});
afterEach(() => world.end());

const undo = (): void => toasts.items.at(-1)?.action?.run();

test('a new section begins with the conversation it was made for, on every device', async () => {
  own.addSection('Work', 'team');
  await world.settle();
  expect(phone.list.sections.map(({ name }) => name)).toEqual(['Work']);
  expect(phone.list.chats['team']?.section).toBe(phone.list.sections[0]?.id);
});

test('a section that was removed comes back to its place, with what was in it', async () => {
  own.addSection('Work', 'team');
  await world.settle();
  own.addSection('Home');
  await world.settle();
  const before = data.list;
  own.removeSection(before.sections[0]!);
  await world.settle();
  expect(phone.list).toMatchObject({ chats: {}, sections: [{ name: 'Home' }] });
  undo();
  await world.settle();
  expect(phone.list).toEqual(before);
});

test('sections are put before one another, and step by step', async () => {
  for (const name of ['A', 'B', 'C']) {
    own.addSection(name);
    await world.settle();
  }
  const names = (): string => phone.list.sections.map(({ name }) => name).join('');
  const id = (name: string): string => data.list.sections.find((each) => each.name === name)!.id;
  own.moveSection(id('C'), id('A'));
  await world.settle();
  expect(names()).toBe('CAB');
  own.stepSection(id('C'), 1);
  await world.settle();
  expect(names()).toBe('ACB');
  own.stepSection(id('A'), -1);
  own.moveSection(id('A'), null);
  await world.settle();
  expect(names()).toBe('CBA');
});

test('what two devices without a network say of one conversation comes together', async () => {
  desk.goOffline();
  await world.settle();
  own.place('team', { pinned: true, muted: true });
  new OwnList(phone).place('team', { unread: true });
  await world.settle();
  expect(data.list.chats['team']).toEqual({ pinned: true, muted: true });
  desk.goOnline();
  await world.settle();
  const both = { pinned: true, muted: true, unread: true };
  expect([data.list.chats['team'], phone.list.chats['team']]).toEqual([both, both]);
});

test('opening takes the mark away, marking as read also reads what is there', async () => {
  await world.commands(bo, [[room, 'chat.send', { text: 'hello' }]]);
  await world.settle();
  own.place('team', { unread: true });
  await world.settle();
  own.opened('team');
  await world.settle();
  expect(phone.list.chats).toEqual({});
  expect(phone.chats[0]).toMatchObject({ unread: 1 });
  own.place('team', { unread: true });
  await world.settle();
  own.markRead(data.chats[0]!);
  await world.settle();
  expect(phone.chats[0]).toMatchObject({ unread: 0 });
  expect(phone.list.chats).toEqual({});
});

test('hiding can be taken back', async () => {
  own.hide(data.chats[0]!, 'Team');
  await world.settle();
  expect(phone.list.chats['team']).toEqual({ hidden: data.chats[0]!.at });
  undo();
  await world.settle();
  expect(phone.list.chats).toEqual({});
});
