import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import { beginEpoch } from '../../../server/backup/epoch.ts';
import { openDatabase, type SqliteDatabase } from '../../../server/storage/sqlite/open.ts';
import { createSqliteStore } from '../../../server/storage/sqlite/store.ts';
import type { WorldDevice } from '../../support/world-device.ts';
import { makeWorld, type World } from '../../support/world.ts';

let folder: string;
let world: World;
let database: SqliteDatabase;
let hers: WorldDevice;
let his: WorldDevice;
let room: RoomId;

const open = (file: string): SqliteDatabase => openDatabase(file, { durability: 'process' });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weft-recall-'));
  database = open(join(folder, 'weft.db'));
  world = await makeWorld(31, createSqliteStore(database));
  const [ann, bo] = [await world.member('ann'), await world.member('bo')];
  [hers, his] = [world.device(ann), world.device(bo)];
  await world.settle();
  room = world.room('chat', 'g');
  await hers.send(room, 'chat.create', { type: 'group', title: 'g', members: [bo] });
  await world.settle();
});
afterEach(async () => {
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});

function restoreFrom(copy: string): void {
  const file = join(folder, 'restored.db');
  copyFileSync(copy, file);
  database = open(file);
  beginEpoch(database, 0);
  world.replaceStore(createSqliteStore(database));
}

function backUp(): string {
  const file = join(folder, 'copy.db');
  database.prepare('VACUUM INTO ?').run(file);
  return file;
}

const entriesOn = (device: WorldDevice) => device.storage.rooms.entries(room, 0, 10_000);
async function everythingOn(device: WorldDevice): Promise<string> {
  const { rooms, mentions } = device.storage;
  const ids = (await entriesOn(device)).map(({ id }) => id);
  const marks = [...(await rooms.marks(room, ids))];
  return JSON.stringify([await rooms.all(), await entriesOn(device), marks, await mentions.newest(100)]);
}

/** A message that calls him, its second version, an answer; then it is recalled. */
async function sayAndRecall(): Promise<CommandId> {
  const id = await hers.send(room, 'chat.send', { text: 'the first secret', mentions: [his.member] });
  await world.settle();
  const [, { seq }] = (await entriesOn(hers)) as [unknown, { seq: number }];
  const target = { seq, id };
  await hers.send(room, 'chat.edit', { target, text: 'the second secret' });
  await his.send(room, 'chat.send', { text: 'an answer', reply: target });
  await world.settle();
  expect(await everythingOn(his)).toMatch(/first secret.*second secret/);
  await hers.send(room, 'chat.recall', { target });
  await world.settle();
  return id;
}

test('what is recalled leaves every device, with its versions', async () => {
  await sayAndRecall();
  for (const device of [hers, his]) expect(await everythingOn(device)).not.toContain('secret');
  expect(await everythingOn(his)).toContain('an answer');
});

test('a device that was away puts it away when it hears of it, and one that is new never gets it', async () => {
  const id = await hers.send(room, 'chat.send', { text: 'a secret' });
  await world.settle();
  his.goOffline();
  await hers.send(room, 'chat.recall', { target: { seq: 1, id } });
  await world.settle();
  expect(await everythingOn(his)).toContain('secret');
  his.goOnline();
  const second = world.device(his.member);
  await world.settle();
  for (const device of [his, second]) expect(await everythingOn(device)).not.toContain('secret');
  expect(await entriesOn(second)).toEqual(await entriesOn(his));
});

test('what is left of it goes back to a relay that lost all of it, from devices that put it away', async () => {
  const copy = backUp();
  const id = await sayAndRecall();
  const before = await entriesOn(his);
  restoreFrom(copy);
  await world.settle();
  await world.settle();
  for (const device of [hers, his]) {
    expect(await device.storage.journal.lost()).toEqual([]);
    expect((await entriesOn(device)).map((entry) => entry.id)).toEqual(before.map((entry) => entry.id));
    expect(await everythingOn(device)).not.toContain('secret');
  }
  const [, message] = world.relay.entries(null, room, 0, 10);
  expect(message).toMatchObject({ id, by: hers.member, data: { erased: true } });
});

test('a relay that has it again from a backup is told of the recall, by whoever knows', async () => {
  const id = await hers.send(room, 'chat.send', { text: 'a secret' });
  await world.settle();
  const copy = backUp();
  await hers.send(room, 'chat.recall', { target: { seq: 1, id } });
  await world.settle();
  hers.goOffline();
  restoreFrom(copy);
  await world.settle();
  await world.settle();
  expect(JSON.stringify(world.relay.entries(null, room, 0, 10))).not.toContain('secret');
});
