import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import { mostUrgent, urgentFor } from '../../../shared/features/chat/urgent-schema.ts';
import { FailureError } from '../../../client/data/failure-error.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import { sendMessage } from '../../../client/features/chat/commands.ts';
import { urgedOf } from '../../../client/features/chat/urgent/urged.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let bo: MemberId;
let annDevice: WorldDevice;
let hers: LocalWorkspace;
let his: LocalWorkspace;
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
  world = await makeWorld(19);
  const ann = await world.member('ann');
  bo = await world.member('bo');
  annDevice = world.device(ann);
  const boDevice = world.device(bo);
  await world.settle();
  [hers, his] = [pageOn(annDevice), pageOn(boDevice)];
  await world.settle();
  room = world.room('chat', directChatId(ann, bo));
});
afterEach(() => world.end());

const say = (text: string, partner: MemberId | null = null) =>
  sendMessage(hers, room, { text }, partner, { urgentTo: [bo] });
/** What this person is asked to confirm: its words, found where the message is said to stand. */
async function asked(): Promise<unknown[]> {
  const open = his.chats.flatMap((row) => urgentFor(row.state, his.me));
  const found = await Promise.all(open.map(({ seq }) => his.entries(room, seq, seq + 1)));
  return found.map(([entry], i) => entry?.id === open[i]?.id && (entry?.data as { text: string }).text);
}

test('a message is sent as urgent without a network, also the very first one', async () => {
  annDevice.goOffline();
  await world.settle(100);
  await say('The cellar is full of water', bo);
  await say('And the attic');
  const view = hers.openLog(room);
  await world.quiet();
  const own = view.entries.filter(({ type }) => type === 'chat.send');
  expect(own.map(({ marks }) => urgedOf(marks))).toEqual([
    [{ member: bo, at: null }],
    [{ member: bo, at: null }],
  ]);
  await his.send(room, 'chat.create', { type: 'direct', title: '', members: [hers.me] });
  await his.send(room, 'chat.send', { text: 'meanwhile' });
  await world.settle();
  annDevice.goOnline();
  await world.settle();
  expect(await asked()).toEqual(['The cellar is full of water', 'And the attic']);
  expect(hers.sync.queue).toEqual([]);
});

test('where too much is urgent already, neither the message nor the wish is queued', async () => {
  await say('0', bo);
  for (let i = 1; i < mostUrgent; i++) await say(`${i}`);
  await world.settle();
  const refused = await say('one too many').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(FailureError);
  expect((refused as FailureError).failure.code).toBe('too-many');
  await world.settle();
  expect(hers.chats[0]?.state.last?.text).toBe(`${mostUrgent - 1}`);
  expect(hers.sync.queue).toEqual([]);
});

test('what was refused and is sent again is urgent still', async () => {
  const group = world.room('chat', 'group');
  await his.send(group, 'chat.create', { type: 'group', title: 'G', members: [hers.me] });
  await world.settle();
  annDevice.goOffline();
  await world.settle(100);
  await sendMessage(hers, group, { text: 'Fire' }, null, { urgentTo: [bo] });
  await his.send(group, 'chat.set', { writes: 'managers' });
  await world.settle();
  annDevice.goOnline();
  await world.settle();
  expect(hers.sync.queue.map(({ type, failure }) => [type, failure?.code])).toEqual([
    ['chat.send', 'group-muted'],
    ['chat.urge', 'group-muted'],
  ]);
  await his.send(group, 'chat.set', { writes: 'everybody' });
  await world.settle();
  await hers.retry(hers.sync.queue[0]!.id);
  await world.settle();
  expect(hers.sync.queue).toEqual([]);
  const [urgent] = urgentFor(his.chat('group')!.state, bo);
  const [entry] = await his.entries(group, urgent!.seq, urgent!.seq + 1);
  expect(entry).toMatchObject({ id: urgent!.id, data: { text: 'Fire' } });
});
