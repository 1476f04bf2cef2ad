import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { newId, type CommandId, type DeviceId, type RoomId } from '../../../shared/base/ids.ts';
import { ok } from '../../../shared/base/result.ts';
import { encodeRelayMessage } from '../../../shared/protocol/codec.ts';
import { beginEpoch } from '../../../server/backup/epoch.ts';
import type { RelayStore } from '../../../server/storage/contract.ts';
import { openDatabase, type SqliteDatabase } from '../../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../../server/storage/sqlite/store.ts';
import type { SocketEvents } from '../../../client/data/sync/contract.ts';
import { SyncEngine } from '../../../client/data/sync/engine.ts';
import type { Bus, LeaderState } from '../../../client/data/sync/notes.ts';
import { keptUpTo } from '../../../client/data/sync/hand-back.ts';
import { failing } from '../../support/store-disk.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

const folders: string[] = [];
let world: World;
let database: SqliteDatabase;
afterEach(async () => {
  await world?.end();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const open = (file: string): SqliteDatabase => openDatabase(file, { durability: 'process' });

async function begin(seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weft-restore-'));
  folders.push(folder);
  database = open(join(folder, 'weft.db'));
  world = await makeWorld(seed, createSqliteStore(database));
}

/** A copy of the relay's data as it is now. */
function backUp(): string {
  const file = join(folders[0]!, `copy-${Math.random()}.db`);
  database.prepare('VACUUM INTO ?').run(file);
  return file;
}

function restore(copy: string, watched = (store: RelayStore): RelayStore => store): void {
  const file = `${copy}-restored`;
  copyFileSync(copy, file);
  database = open(file);
  beginEpoch(database, 0);
  world.replaceStore(watched(createSqliteStore(database)));
}

const messagesOnRelay = (room: RoomId): string[] =>
  world.relay
    .entries(null, room, 0, 10_000)
    .filter(({ type }) => type === 'chat.send')
    .map(({ data }) => (data as { text: string }).text);

const messagesOn = async (device: WorldDevice, room: RoomId): Promise<string[]> =>
  (await device.storage.rooms.entries(room, 0, 10_000))
    .filter(({ type }) => type === 'chat.send')
    .map(({ data }) => (data as { text: string }).text);

const onRelay = (room: RoomId): Uint8Array => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, world.relay.text(room));
  return Y.encodeStateAsUpdate(doc);
};

async function onDevice(device: WorldDevice, room: RoomId): Promise<Uint8Array> {
  const doc = new Y.Doc();
  for (const { bytes } of (await device.storage.texts.read(room)).updates) Y.applyUpdate(doc, bytes);
  return Y.encodeStateAsUpdate(doc);
}

const wordsOn = (bytes: Uint8Array): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, bytes);
  return doc.getText('t').toString();
};

describe('a relay that was restored from an older copy', () => {
  test.each(Array.from({ length: 8 }, (_, i) => 700 + i))(
    '[R-1, R-3] has everything again that a device still holds, once and in order (seed %i)',
    async (seed) => {
      await begin(seed);
      const [ann, bo, cy] = await Promise.all([world.member('ann'), world.member('bo'), world.member('cy')]);
      const devices = [world.device(ann), world.device(bo), world.device(cy)] as const;
      await world.settle();
      const chats = [world.room('chat', 'a'), world.room('chat', 'b')];
      const texts = [world.room('scratch', 's'), world.room('scratch', 'u')];
      await devices[0].send(chats[0]!, 'chat.create', { type: 'group', title: 'a', members: [bo, cy] });
      await world.settle();
      const tabs = devices.map((device) => device.newTab());
      const open = tabs.map((tab) => texts.map((room) => tab.open(room)));
      await world.settle();
      let count = 0;
      const sent: string[] = [];
      const work = async (rounds: number): Promise<void> => {
        for (let i = 0; i < rounds; i++) {
          const who = world.below(3);
          const text = open[who]![world.below(2)]!.doc.getText('t');
          text.insert(world.below(text.length + 1), `${who}${count} `);
          if (world.below(4) === 0 && text.length > 6) text.delete(world.below(text.length - 3), 3);
          const room = chats[world.below(2)]!;
          const known = (await devices[who]!.storage.rooms.some([room]))[0];
          if (known) {
            const message = `${who}-${count}`;
            await devices[who]!.send(room, 'chat.send', { text: message });
            sent.push(message);
          }
          count += 1;
          await world.step(world.below(40));
        }
        await world.settle(500);
      };
      await work(6);
      const copy = backUp();
      // After the backup: a conversation that the backup does not know at all.
      await devices[1].send(chats[1]!, 'chat.create', { type: 'group', title: 'b', members: [ann, cy] });
      await world.settle();
      await work(10);
      await world.settle();
      // Two of three were away when it happened, and write on; one of them never comes back.
      const gone = world.below(3);
      for (const device of devices) device.goOffline();
      const acked = sent.length;
      restore(copy);
      for (const [i, device] of devices.entries())
        if (i !== gone) {
          await device.send(chats[0]!, 'chat.send', { text: `after-${i}` });
          open[i]![0]!.doc.getText('t').insert(0, `after ${i}! `);
          await world.settle(200);
          device.goOnline();
          await world.settle(world.below(2) * 3_000);
        }
      await world.settle(200_000);
      const back = devices.filter((_device, i) => i !== gone);
      const all = chats.flatMap((room) => messagesOnRelay(room));
      expect(all.filter((text) => !text.startsWith('after')).sort()).toEqual(sent.slice(0, acked).sort());
      for (const [i] of devices.entries()) if (i !== gone) expect(all).toContain(`after-${i}`);
      for (const device of back) {
        for (const room of chats) expect(await messagesOn(device, room)).toEqual(messagesOnRelay(room));
        for (const room of texts) expect(await onDevice(device, room)).toEqual(onRelay(room));
        expect(await device.storage.outbox.all()).toEqual([]);
        expect(await device.storage.texts.queue()).toEqual([]);
        expect(await device.storage.journal.lost()).toEqual([]);
        expect((await device.storage.rooms.all()).filter(({ stale }) => stale)).toEqual([]);
      }
      const words = wordsOn(onRelay(texts[0]!));
      for (const i of [0, 1, 2]) if (i !== gone) expect(words.split(`after ${i}! `)).toHaveLength(2);
      // What is open is what the database says.
      for (const [i, tab] of open.entries())
        if (i !== gone)
          for (const [j, text] of tab.entries())
            expect(Y.encodeStateAsUpdate(text.session.doc)).toEqual(onRelay(texts[j]!));
    },
  );
});

test('[C-2] a command that a restored relay took does not wait for a room that its author has left', async () => {
  await begin(731);
  const ann = await world.member('ann');
  const device = world.device(ann);
  const room = world.room('chat', 'a');
  await world.settle();
  await device.send(room, 'chat.create', { type: 'group', title: 'a', members: [ann] });
  await world.settle(1_000);
  device.goOffline();
  restore(backUp());
  // The relay took it, and the line broke before the room was fetched again.
  const id = newId<CommandId>();
  await device.storage.journal.prune(Number.MAX_SAFE_INTEGER - 1, 0);
  await device.storage.rooms.newEpoch(world.store.epoch, 0);
  await device.storage.outbox.add({ id, room, type: 'chat.send', data: { text: 'one' }, at: 0 });
  await device.storage.outbox.settle([{ id, seq: 1 }]);
  await world.commands(ann, [
    [room, 'chat.send', { text: 'one' }],
    [room, 'chat.leave', {}],
  ]);
  device.goOnline();
  await world.settle(60_000);
  expect(device.state?.connection).toBe('online');
  expect((await device.storage.rooms.all()).map((held) => held.room)).not.toContain(room);
  expect(await device.storage.outbox.all()).toEqual([]);
});

describe('a text on a relay that was restored', () => {
  /** Ann wrote the first words after the copies were made, and bo has them; both are away now. */
  async function written(seed: number) {
    await begin(seed);
    const [ann, bo] = [await world.member('ann'), await world.member('bo')];
    const [writer, reader] = [world.device(ann), world.device(bo)];
    const room = world.room('scratch', 's');
    await world.settle();
    const copies = [backUp(), backUp()] as const;
    const text = writer.newTab().open(room);
    await world.settle();
    text.doc.getText('t').insert(0, 'one ');
    await world.settle(1_000);
    expect(wordsOn(await onDevice(reader, room))).toBe('one ');
    writer.goOffline();
    reader.goOffline();
    return { writer, reader, room, text, copies };
  }

  test('[R-1] comes back from somebody who reads it after a second restore too', async () => {
    const { reader, room, copies } = await written(721);
    for (const copy of copies) {
      restore(copy);
      reader.goOnline();
      await world.settle(60_000);
      expect(wordsOn(onRelay(room))).toBe('one ');
      reader.goOffline();
    }
  });

  test('gets what waits only after what it builds on, of which this device has no receipt', async () => {
    const { writer, room, text, copies } = await written(722);
    await writer.storage.journal.prune(Number.MAX_SAFE_INTEGER - 1, 0);
    text.doc.getText('t').insert(4, 'two ');
    restore(copies[0]);
    await world.settle(1_000);
    writer.goOnline();
    await world.settle(60_000);
    expect(await writer.storage.texts.queue()).toEqual([]);
    expect(wordsOn(onRelay(room))).toBe('one two ');
  });

  test('gets what was only deleted of it, also from a device that never had the receipt of that', async () => {
    const { writer, reader, room, text } = await written(723);
    writer.goOnline();
    await world.settle(1_000);
    const copy = backUp();
    text.doc.getText('t').delete(0, 2);
    await world.settle(1_000);
    expect(wordsOn(onRelay(room))).toBe('e ');
    writer.goOffline();
    await writer.storage.journal.prune(Number.MAX_SAFE_INTEGER - 1, 0);
    restore(copy);
    // Who never wrote in it has nothing of theirs to send.
    reader.goOnline();
    await world.settle(60_000);
    expect(wordsOn(onRelay(room))).toBe('one ');
    writer.goOnline();
    await world.settle(60_000);
    expect(wordsOn(onRelay(room))).toBe('e ');
    expect(await onDevice(reader, room)).toEqual(onRelay(room));
    for (const device of [writer, reader]) expect(await device.storage.journal.lost()).toEqual([]);
  });
});

test('[L-3] a device reclaims its ids again until a restored relay with a full disk could store them', async () => {
  await begin(741);
  const ann = await world.member('ann');
  const copy = backUp();
  const device = world.device(ann);
  const room = world.room('scratch', 's');
  await world.settle();
  const text = device.newTab().open(room);
  await world.settle();
  device.goOffline();
  let isFull = true;
  restore(copy, (store) => failing(store, () => isFull));
  text.doc.getText('t').insert(0, 'one ');
  await world.settle(1_000);
  device.goOnline();
  await world.settle(1_000);
  isFull = false;
  await world.settle(60_000);
  expect(wordsOn(onRelay(room))).toBe('one ');
  expect([...Y.parseUpdateMeta(world.relay.text(room)).to.keys()]).toEqual([text.doc.clientID]);
  expect(await device.storage.leases.usable()).toContain(text.doc.clientID);
});

test('[H-8] what a device may have that the relay lost is told by the lowest cursor since its epoch', () => {
  const epochs = [
    { epoch: 'a', until: 50 },
    { epoch: 'b', until: 30 },
    { epoch: 'c', until: 70 },
  ];
  expect(keptUpTo({ epochs }, 'a')).toBe(30);
  expect(keptUpTo({ epochs }, 'b')).toBe(30);
  expect(keptUpTo({ epochs }, 'c')).toBe(70);
  expect(keptUpTo({ epochs }, 'another')).toBe(0);
});

describe('a room whose data is damaged on the relay', () => {
  test('[S-10] stays here, is said, waits with what is written, and goes on when it is repaired', async () => {
    await begin(771);
    const [ann, bo] = [await world.member('ann'), await world.member('bo')];
    const [writer, reader] = [world.device(ann), world.device(bo)];
    const room = world.room('scratch', 's');
    const healthy = world.room('scratch', 'h');
    await world.settle();
    const tab = writer.newTab();
    const [text, other] = [tab.open(room), tab.open(healthy)];
    await world.settle();
    text.doc.getText('t').insert(0, 'one ');
    await world.settle();
    reader.goOffline();
    text.doc.getText('t').insert(4, 'two ');
    other.doc.getText('t').insert(0, 'healthy');
    await world.settle();
    world.stopRelay();
    const row = database
      .prepare('SELECT cursor, bytes FROM rows ORDER BY cursor DESC LIMIT 1 OFFSET 1')
      .get() as {
      cursor: number;
      bytes: Buffer;
    };
    const put = (bytes: Buffer): void =>
      void database.prepare('UPDATE rows SET bytes = ? WHERE cursor = ?').run(bytes, row.cursor);
    const broken = Buffer.from(row.bytes);
    broken[broken.length >> 1]! ^= 0x40;
    put(broken);
    world.restartRelay();
    reader.goOnline();
    await world.settle(10_000);
    expect(reader.state?.damaged).toEqual([room]);
    expect(reader.state?.connection).toBe('online');
    expect(wordsOn(await onDevice(reader, room))).toBe('one ');
    expect(wordsOn(await onDevice(reader, healthy))).toBe('healthy');
    // Written meanwhile: not refused, not lost, and not offered without a pause.
    text.session.doc.getText('t').insert(0, 'waiting ');
    await world.settle(2_000);
    const before = world.network.delivered;
    await world.settle(60_000);
    expect(world.network.delivered - before).toBeLessThan(30);
    expect(await writer.storage.texts.queue()).toMatchObject([{ room, failure: null }]);
    world.stopRelay();
    put(row.bytes);
    world.restartRelay();
    await world.settle(15 * 60_000);
    expect(reader.state?.damaged).toEqual([]);
    expect((await reader.storage.meta.read()).damaged).toEqual([]);
    expect(wordsOn(onRelay(room))).toBe('waiting one two ');
    expect(await onDevice(reader, room)).toEqual(onRelay(room));
  });
});

test('[S-11] a device that sends too much at once says so for as long as the relay reads it slowly', async () => {
  await begin(772);
  const member = await world.member('ann');
  const { storage } = world.device(member);
  const states: LeaderState[] = [];
  let socket!: SocketEvents;
  const bus: Bus = {
    post: (note) => void (note.type === 'state' && states.push(note.state)),
    listen: () => () => undefined,
    close: () => undefined,
  };
  const engine = new SyncEngine({
    workspace: world.store.workspace,
    member,
    device: 'other' as DeviceId,
    storage,
    bus,
    openSocket: (events) => {
      socket = events;
      return { send: () => undefined, close: () => undefined };
    },
    timers: world.clock,
    random: () => 0,
    signedOut: () => Promise.resolve(null),
    hasSpace: () => Promise.resolve(true),
    uploadBlob: () => Promise.resolve(ok(true)),
  });
  engine.start();
  const notice = { type: 'notice', code: 'too-many-requests', message: 'slowly', retryAfter: 5_000 } as const;
  socket.frame(encodeRelayMessage(notice));
  expect(states.at(-1)).toMatchObject({ slowed: true, problem: null });
  await world.settle(4_000);
  expect(states.at(-1)?.slowed).toBe(true);
  await world.settle(6_000);
  expect(states.at(-1)?.slowed).toBe(false);
  engine.stop();
});
