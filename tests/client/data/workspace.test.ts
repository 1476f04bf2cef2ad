import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import { directChatId } from '../../../shared/features/chat/kind.ts';
import type { WorkspaceData } from '../../../client/data/api.ts';
import { FailureError } from '../../../client/data/failure-error.ts';
import type { DeviceStorage } from '../../../client/data/storage/contract.ts';
import { LocalWorkspace } from '../../../client/data/reactive/workspace.svelte.ts';
import { noState } from '../../../client/data/sync/notes.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let ann: MemberId;
let bo: MemberId;
let device: WorldDevice;
let data: WorkspaceData;

function pageOn(
  on: WorldDevice,
  through: (storage: DeviceStorage) => DeviceStorage = (storage) => storage,
): LocalWorkspace {
  const page = on.page();
  return new LocalWorkspace({
    ...page,
    storage: through(page.storage),
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
  world = await makeWorld(11);
  ann = await world.member('ann');
  bo = await world.member('bo');
  device = world.device(ann);
  await world.settle();
  data = pageOn(device);
  await world.settle();
});
afterEach(() => world.end());

const texts = (entries: readonly { data: unknown }[]): unknown[] =>
  entries.map((entry) => (entry.data as { text?: string }).text).filter((text) => text !== undefined);

async function startDirect(): Promise<RoomId> {
  const room = world.room('chat', directChatId(ann, bo));
  await data.send(room, 'chat.create', { type: 'direct', title: '', members: [bo] });
  return room;
}

test('a conversation begun with no network is there at once, and once only when the network is back', async () => {
  device.goOffline();
  await world.settle(100);
  expect(data.sync.connection).toBe('offline');
  const room = await startDirect();
  await data.send(room, 'chat.send', { text: 'one' });
  const view = data.openLog(room);
  await data.send(room, 'chat.send', { text: 'two' });
  await world.quiet();
  expect(data.chats).toHaveLength(1);
  expect(data.chats[0]).toMatchObject({ pending: true, unread: 0, state: { last: { text: 'two' } } });
  expect(texts(view.entries)).toEqual(['one', 'two']);
  expect(view.entries.map((entry) => entry.delivery)).toEqual(['queued', 'queued', 'queued']);
  expect(data.sync.unsent).toBe(3);

  device.goOnline();
  await world.settle();
  expect(data.sync.unsent).toBe(0);
  expect(data.chats[0]?.pending).toBe(false);
  expect(view.entries.map((entry) => entry.delivery)).toEqual(['stored', 'stored', 'stored']);
  expect(view.entries.map((entry) => entry.seq)).toEqual([0, 1, 2]);
  expect(texts(view.entries)).toEqual(['one', 'two']);
  expect(view.complete).toBe(true);
});

test('what the rules refuse is refused before it is stored', async () => {
  const room = world.room('chat', 'nobody');
  await expect(data.send(room, 'chat.send', { text: 'x' })).rejects.toThrow(FailureError);
  await expect(data.send(room, 'chat.send', { text: '' })).rejects.toMatchObject({
    failure: { code: 'bad-request' },
  });
  expect(await device.storage.outbox.all()).toEqual([]);
});

test('what the relay refuses stays with its reason until it is dismissed', async () => {
  const hers = world.room('chat', 'g');
  await data.send(hers, 'chat.create', { type: 'group', title: 'g', members: [bo] });
  await world.settle();
  const his = pageOn(world.device(bo));
  await world.settle();
  device.goOffline();
  await his.send(hers, 'chat.leave', {});
  await world.settle();
  await data.send(hers, 'chat.removeMember', { member: bo });
  const doc = world.room('doc', 'd', 'about');
  await data.send(doc, 'doc.create', { title: 'mine' });
  await world.commands(bo, [[doc, 'doc.create', { title: 'first' }]]);
  device.goOnline();
  await world.settle();
  expect(data.sync.queue).toMatchObject([{ type: 'doc.create', failure: { code: 'already-exists' } }]);
  expect(data.doc('d')?.state.title).toBe('first');
  await data.discard(data.sync.queue[0]!.id);
  await world.settle();
  expect(data.sync.queue).toEqual([]);
});

test('messages of others are unread until they were read, also on another device', async () => {
  const room = await startDirect();
  await world.settle();
  await world.commands(bo, [
    [room, 'chat.send', { text: 'a' }],
    [room, 'chat.send', { text: 'b' }],
  ]);
  await world.settle();
  expect(data.chats[0]).toMatchObject({ unread: 2, firstUnread: 1, lastUnread: 2 });
  const other = pageOn(world.device(ann, 'phone'));
  await world.settle();
  expect(other.chats[0]).toMatchObject({ unread: 2 });
  const reads = `${room}:reads` as RoomId;
  await data.send(reads, 'chat.read', { upTo: 1 });
  expect(data.chats[0]).toMatchObject({ unread: 1, firstUnread: 2 });
  await world.settle();
  expect(other.chats[0]).toMatchObject({ unread: 1, firstUnread: 2 });
});

test('older messages come from this device, then from the relay, up to the first', async () => {
  const room = await startDirect();
  await world.settle();
  const many = Array.from({ length: 1_500 }, (_, i) => [room, 'chat.send', { text: `${i}` }] as const);
  await world.commands(bo, many);
  const fresh = world.device(ann, 'new');
  await world.settle();
  const page = pageOn(fresh);
  const view = page.openLog(room);
  await world.quiet();
  expect(view.ready).toBe(true);
  const before = view.entries.length;
  expect(before).toBeLessThan(200);
  expect(view.complete).toBe(false);
  const reached = view.reach(0);
  await world.settle();
  await reached;
  expect(view.complete).toBe(true);
  // What lies between is not loaded, until somebody goes there.
  expect(view.atEnd).toBe(false);
  expect(view.entries.length).toBeLessThan(200);
  for (let before = 0; !view.atEnd && before < view.entries.length;) {
    before = view.entries.length;
    await view.loadNewer(500);
  }
  expect(view.entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 1_501 }, (_, i) => i));
});

test('a text opened twice in one tab is one document; without a client id it cannot be written', async () => {
  const room = world.room('scratch', 's');
  const [one, two] = [data.openText(room), data.openText(room)];
  await world.settle();
  expect(one.doc).toBe(two.doc);
  expect(one).toMatchObject({ ready: true, locked: null, saved: 'relay' });
  one.doc.getText('t').insert(0, 'words');
  expect(one.saved).toBe('saving');
  device.goOffline();
  await data.flush();
  expect(one.saved).toBe('device');
  device.goOnline();
  await world.settle();
  expect(two.saved).toBe('relay');
  await Promise.all([one.close(), two.close()]);
  expect((await data.readText(room)).getText('t').toString()).toBe('words');

  const never = world.device(bo);
  never.goOffline();
  const page = pageOn(never);
  const text = page.openText(room);
  await world.settle();
  expect(text.locked?.code).toBe('no-writing-id');
});

test('what was not sent can be taken along as a file', async () => {
  device.goOffline();
  await world.settle(100);
  const room = await startDirect();
  await data.send(room, 'chat.send', { text: 'unsent words' });
  const file = JSON.parse(await (await data.exportUnsent()).text()) as { commands: { data: unknown }[] };
  expect(file.commands.map((command) => command.data)).toContainEqual({ text: 'unsent words' });
});

test('an own document is never gone for a moment while the relay answers, however slow the disk reads', async () => {
  const slow = pageOn(device, (storage) => ({
    ...storage,
    rooms: {
      ...storage.rooms,
      some: async (rooms) => {
        const records = await storage.rooms.some(rooms);
        await new Promise((resolve) => setTimeout(resolve, 4));
        return records;
      },
    },
  }));
  await world.settle();
  const seen: number[] = [];
  for (let made = 1; made <= 5; made += 1) {
    await slow.send(world.room('doc', `d${made}`, 'about'), 'doc.create', { title: `d${made}` });
    let busy = true;
    const settled = world.settle().finally(() => (busy = false));
    while (busy) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(slow.docs.length - made);
    }
    await settled;
  }
  expect(new Set(seen)).toEqual(new Set([0]));
});

test('a text has unsent words as soon as this device stored them, however much else was just read', async () => {
  const room = world.room('scratch', 's');
  const text = data.openText(room);
  await world.settle();
  device.goOffline();
  await world.settle();
  await startDirect();
  text.doc.getText('t').insert(0, 'words');
  // Less than lists wait for each other.
  await world.settle(30);
  expect(data.sync.queue.map((item) => item.room)).toContain(room);
  await text.close();
});

test('that this device was whole once is not forgotten when another tab begins to lead', async () => {
  const page = pageOn(device);
  await world.settle();
  expect(page.hasCopy).toBe(true);
  device.page().bus.post({ type: 'state', state: noState });
  await world.settle();
  expect(page.hasCopy).toBe(true);
});
