import { openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandId, MemberId, RoomId } from '../../../shared/base/ids.ts';
import { messageIn } from '../../../client/features/chat/timeline.ts';
import { emptyLog } from '../../../client/data/projection/apply-log.ts';
import { databaseName, openStorage } from '../../../client/data/storage/idb/open.ts';
import { migrate, type StoreName } from '../../../client/data/storage/idb/schema.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import type { LogView, MarkedEntry, ViewEntry } from '../../../client/data/api.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
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
  world = await makeWorld(23);
  [ann, bo] = [await world.member('ann'), await world.member('bo')];
  annDevice = world.device(ann);
  const boDevice = world.device(bo);
  await world.settle();
  [hers, his] = [pageOn(annDevice), pageOn(boDevice)];
  await world.settle();
  room = world.room('chat', 'g');
  await hers.send(room, 'chat.create', { type: 'group', title: 'g', members: [bo] });
  await world.settle();
});
afterEach(() => world.end());

const targetOf = ({ seq, id }: { seq: number; id: CommandId }) => ({ seq, id });
const messages = (view: LogView): ViewEntry[] => view.entries.filter(({ type }) => type === 'chat.send');
const reads = (entries: readonly MarkedEntry[]): (string | null)[] =>
  entries.filter(({ type }) => type === 'chat.send').map((entry) => messageIn(entry)?.text ?? null);

async function exported(page: LocalWorkspace): Promise<MarkedEntry[]> {
  const all: MarkedEntry[] = [];
  for await (const piece of page.readLog(room)) all.push(...piece);
  return all;
}

test('an edit is shown at once where it is made, offline too, and everywhere when it is sent', async () => {
  const [view, other] = [hers.openLog(room), his.openLog(room)];
  await hers.send(room, 'chat.send', { text: 'typpo' });
  await world.settle();
  annDevice.goOffline();
  await world.settle(100);
  await hers.send(room, 'chat.edit', { target: targetOf(messages(view)[0]!), text: 'typo' });
  await world.quiet();
  expect(reads(view.entries)).toEqual(['typo']);
  expect(hers.chats[0]?.state.last?.text).toBe('typo');
  expect(reads(other.entries)).toEqual(['typpo']);
  annDevice.goOnline();
  await world.settle();
  expect(reads(view.entries)).toEqual(['typo']);
  expect(reads(other.entries)).toEqual(['typo']);
  expect(messages(other)[0]?.marks?.edits.map(({ text }) => text)).toEqual(['typo']);
});

test('a message written, edited and reacted to offline arrives so, whatever others wrote meanwhile', async () => {
  const view = hers.openLog(room);
  annDevice.goOffline();
  await world.settle(100);
  const id = await hers.send(room, 'chat.send', { text: 'one' });
  await world.quiet();
  const target = targetOf(messages(view)[0]!);
  await hers.send(room, 'chat.edit', { target, text: 'two' });
  await hers.send(room, 'chat.react', { target, emoji: ['🎉'] });
  await his.send(room, 'chat.send', { text: 'meanwhile' });
  await his.send(room, 'chat.send', { text: 'and more' });
  await world.settle();
  annDevice.goOnline();
  await world.settle();
  const other = his.openLog(room);
  await world.settle();
  expect(reads(other.entries)).toEqual(['meanwhile', 'and more', 'two']);
  expect(other.entries.find((entry) => entry.id === id)?.marks?.reactions[ann]?.emoji).toEqual(['🎉']);
  expect(hers.sync.queue).toEqual([]);
});

test('what was done to an own message that is given up before it was sent is given up with it', async () => {
  const view = hers.openLog(room);
  annDevice.goOffline();
  await world.settle(100);
  const id = await hers.send(room, 'chat.send', { text: 'one' });
  await world.quiet();
  const target = targetOf(messages(view)[0]!);
  await hers.send(room, 'chat.edit', { target, text: 'two' });
  await hers.send(room, 'chat.send', { text: 'stays' });
  await world.quiet();
  await hers.discard(id);
  annDevice.goOnline();
  await world.settle();
  expect(hers.sync.queue).toEqual([]);
  expect(reads(view.entries)).toEqual(['stays']);
});

test('of a recalled message no word is left in the view, the list, the export, nor in what is unread', async () => {
  await his.send(room, 'chat.send', { text: 'a secret' });
  await world.settle();
  const view = his.openLog(room);
  await world.settle();
  const [message] = messages(view);
  await his.send(room, 'chat.edit', { target: targetOf(message!), text: 'still a secret' });
  await world.settle();
  expect(hers.chats[0]).toMatchObject({ unread: 1 });
  await his.send(room, 'chat.recall', { target: targetOf(message!) });
  await world.settle();
  for (const page of [hers, his]) {
    const shown = page.openLog(room);
    await world.settle();
    expect(reads(shown.entries)).toEqual([null]);
    expect(JSON.stringify([shown.entries, page.chats[0], await exported(page)])).not.toContain('secret');
  }
  expect(hers.chats[0]).toMatchObject({ unread: 0, firstUnread: null, state: { last: { is: 'recalled' } } });
});

test('two people who act on one message offline end with the same', async () => {
  await hers.send(room, 'chat.send', { text: 'one' });
  await world.settle();
  const [view, other] = [hers.openLog(room), his.openLog(room)];
  await world.settle();
  const target = targetOf(messages(view)[0]!);
  annDevice.goOffline();
  await world.settle(100);
  await hers.send(room, 'chat.edit', { target, text: 'two' });
  await hers.send(room, 'chat.recall', { target });
  await expect(hers.send(room, 'chat.edit', { target, text: 'three' })).rejects.toMatchObject({
    failure: { code: 'message-not-found' },
  });
  await his.send(room, 'chat.react', { target, emoji: ['👍'] });
  await his.send(room, 'chat.pin', { target, on: true });
  await world.settle();
  expect(his.chats[0]?.state.pins).toHaveLength(1);
  annDevice.goOnline();
  await world.settle();
  expect(reads(view.entries)).toEqual([null]);
  expect(reads(other.entries)).toEqual([null]);
  expect(messages(view)[0]?.marks).toEqual(messages(other)[0]?.marks);
  expect([hers, his].map((page) => page.chats[0]?.state.pins)).toEqual([[], []]);
});

test('older messages that are fetched later have what was said of them', async () => {
  await hers.send(room, 'chat.send', { text: 'the first' });
  await world.settle();
  const many = Array.from({ length: 1_200 }, (_, i) => [room, 'chat.send', { text: `${i}` }] as const);
  await world.commands(bo, many);
  const view = hers.openLog(room);
  await world.settle();
  await view.reach(0);
  const first = messages(view)[0]!;
  await hers.send(room, 'chat.edit', { target: targetOf(first), text: 'the first, edited' });
  await his.send(room, 'chat.send', { text: 'an answer', reply: targetOf(first) });
  await world.settle();

  const device = world.device(ann, 'new');
  device.hasSpace = false;
  const page = pageOn(device);
  await world.settle();
  const fresh = page.openLog(room);
  await world.settle();
  const loaded = fresh.loadOlder();
  await world.settle();
  await loaded;
  expect(fresh.complete).toBe(false);
  const answer = messages(fresh).at(-1)!;
  expect(messageIn(answer)?.reply).toEqual(targetOf(first));
  // Not on this device: nobody can tell what it says before it was fetched.
  expect(fresh.find(targetOf(first))).toBeUndefined();
  const reached = fresh.reach(0);
  await world.settle();
  await reached;
  expect(messageIn(fresh.find(targetOf(first))!)?.text).toBe('the first, edited');
  expect(fresh.find(targetOf(first))?.marks?.replies).toEqual([targetOf(answer)]);
});

test('a message outside the window is found on the device, and one that is nowhere is known to be nowhere', async () => {
  await hers.send(room, 'chat.send', { text: 'quoted' });
  await world.settle();
  const many = Array.from({ length: 400 }, (_, i) => [room, 'chat.send', { text: `${i}` }] as const);
  await world.commands(bo, many);
  await world.settle();
  const view = hers.openLog(room);
  await world.settle();
  const id = (await exported(hers))[1]!.id;
  expect(view.entries.some((entry) => entry.id === id)).toBe(false);
  // A little beside where it is, as after a restore of the relay.
  const [right, beside, nowhere] = [
    { seq: 1, id },
    { seq: 40, id },
    { seq: 1, id: 'nobodys' as CommandId },
  ];
  view.find(beside);
  view.find(nowhere);
  await world.settle();
  expect(view.find(right)?.data).toEqual({ text: 'quoted' });
  expect(view.find(beside)?.data).toEqual({ text: 'quoted' });
  expect(view.find(nowhere)).toBeNull();
});

test('a device of an earlier version, which skipped what it did not know, fetches conversations anew', async () => {
  const database = databaseName(world.store.workspace, 'zoe' as MemberId);
  const later: readonly StoreName[] = ['marks', 'mentions', 'files', 'draftFiles', 'overview'];
  const earlier = await openDB(database, 2, {
    upgrade(db, _from, _to, tx) {
      migrate(db as never, 0, tx as never);
      for (const store of later) db.deleteObjectStore(store);
    },
  });
  const chat = findRoom(room)!.kind as AnyLogKind;
  const about = world.room('doc', 'd', 'about');
  for (const each of [room, about]) await earlier.put('rooms', { ...emptyLog(each, chat), cursor: 7 });
  earlier.close();
  const storage = openStorage({ workspace: world.store.workspace, member: 'zoe' as MemberId });
  const [fetched, kept] = await storage.rooms.some([room, about]);
  expect(fetched).toMatchObject({ cursor: 0, stale: true });
  expect(kept).toMatchObject({ cursor: 7, stale: false });
  expect(await storage.rooms.marks(room, ['any' as CommandId])).toEqual(new Map());
  await storage.destroy();
});

test('what the page knows not to be allowed is refused before it is stored', async () => {
  await his.send(room, 'chat.send', { text: 'his' });
  await world.settle();
  const view = hers.openLog(room);
  await world.settle();
  const target = targetOf(messages(view)[0]!);
  await expect(hers.send(room, 'chat.edit', { target, text: 'x' })).rejects.toMatchObject({
    failure: { code: 'forbidden' },
  });
  expect(await annDevice.storage.outbox.all()).toEqual([]);
});
