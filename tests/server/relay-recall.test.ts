import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import type { LogEntry } from '../../shared/access/kind.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import type { ChatState } from '../../shared/features/chat/schema.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { HandedRow } from '../../shared/protocol/messages.ts';
import { baseEvery } from '../../server/relay/log-rooms.ts';
import { checkDatabase } from '../../server/storage/sqlite/check.ts';
import { openDatabase } from '../../server/storage/sqlite/open.ts';
import { handBack, heldBy, startFamily, type Family } from './backup/restored.ts';
import { member, type Rig, type TestDevice } from './relay-rig.ts';

let family: Family;
let rig: Rig;
let ada: TestDevice;
let ben: TestDevice;
let group: RoomId;

beforeEach(async () => {
  family = await startFamily();
  rig = family.first;
  await rig.people('ada', 'ben', 'eve');
  [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
  group = rig.room('chat', 'group');
  await ada.command(group, 'chat.create', { type: 'group', title: 'All', members: ['ben', 'eve'] });
});
afterEach(() => family.end());

const secret = /secret|f{64}|e{64}/;
const file = {
  hash: 'f'.repeat(64),
  small: 'e'.repeat(64),
  name: 'secret.txt',
  size: 10,
  type: 'text/plain',
} as const;

async function say(by: TestDevice, data: object): Promise<{ seq: number; id: CommandId }> {
  const id = newId<CommandId>();
  const result = await by.command(group, 'chat.send', data, id);
  if (!result.ok) throw new Error(result.message);
  return { seq: result.seq!, id };
}
const recall = (target: { seq: number; id: string }, by = ada) =>
  by.command(group, 'chat.recall', { target });

/** A message with a file and a version, recalled when others have spoken. */
async function recalled(): Promise<{ seq: number; id: CommandId }> {
  const target = await say(ada, { text: 'the first secret', files: [file], mentions: ['ben'] });
  await ada.command(group, 'chat.edit', { target, text: 'the second secret' });
  await say(ben, { text: 'an answer', reply: target });
  expect(await recall(target)).toMatchObject({ ok: true });
  return target;
}

const entriesIn = (at: Rig): LogEntry[] => at.relay.entries(null, group, 0, 10_000) as LogEntry[];
const asText = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) =>
    each instanceof Uint8Array ? Buffer.from(each).toString('latin1') : each,
  );

/** Everything that anybody who reads the conversation can get of it from this relay. */
async function everyWayOut(at: Rig, name: string): Promise<string> {
  const device = await at.device(`${name}.${newId()}`);
  const known = at.store.room(group)!.rows;
  const told: unknown[] = [
    await device.changes(0),
    await device.pull({ room: group }),
    await device.pull({ room: group, have: 1 }),
  ];
  for (let before = known; before > 0; before--) told.push(await device.history(group, before, 3));
  told.push(at.relay.entries(member(name), group, 0, 10_000), at.relay.state(group));
  told.push(await plainly(at, name));
  return asText(told);
}

/** What a Yjs program on the plain socket has of it. */
async function plainly(at: Rig, name: string): Promise<string> {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${at.origin}/sync`, group, doc, {
    WebSocketPolyfill: WebSocket as never,
    params: { token: `${name}.plain` },
    disableBc: true,
  });
  await new Promise<void>((synced) => provider.once('sync', () => synced()));
  const all = JSON.stringify(doc.getArray('log').toJSON());
  provider.destroy();
  return all;
}

describe('a recalled message', () => {
  it('[S-13] is told to nobody on any way out, but that it was there', async () => {
    const target = await recalled();
    for (const name of ['ada', 'ben', 'eve']) expect(await everyWayOut(rig, name)).not.toMatch(secret);
    const [, message, edit, answer] = entriesIn(rig);
    expect(message).toMatchObject({ seq: 1, id: target.id, type: 'chat.send', by: 'ada' });
    expect(message!.data).toEqual({ erased: true });
    expect(edit!.data).toEqual({ target, erased: true });
    expect(answer!.data).toMatchObject({ text: 'an answer', reply: target });
  });

  it('gives up its files, those of other messages excepted', async () => {
    const target = await say(ada, { text: '', files: [file] });
    const { small: _, ...plain } = file;
    const other = await say(ben, { text: 'the same', files: [plain] });
    await recall(target);
    expect(rig.store.naming(group, file.hash)).toEqual([other.seq]);
    expect(rig.store.naming(group, file.small)).toEqual([]);
  });

  it('[S-13] stays away when the relay is started again, and the database is whole', async () => {
    await recalled();
    const copy = family.copy();
    const database = openDatabase(copy, { durability: 'process' });
    expect(checkDatabase(database).damage).toEqual([]);
    database.close();
    // A column may be called so.
    expect(readFileSync(copy).toString('latin1')).not.toMatch(/(first|second) secret|f{64}|e{64}/);
    const { rig: again } = await family.restore(copy);
    expect(await everyWayOut(again, 'ben')).not.toMatch(secret);
  });

  it('[S-13] shows nothing of itself when it was said and recalled in one turn', async () => {
    const id = newId<CommandId>();
    const target = { seq: 1, id };
    const results = await Promise.all([
      ada.command(group, 'chat.send', { text: 'a secret', files: [file] }, id),
      ada.command(group, 'chat.edit', { target, text: 'a worse secret' }),
      ada.command(group, 'chat.recall', { target }),
      ada.command(group, 'chat.edit', { target, text: 'the worst secret' }),
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, true]);
    await ben.settle();
    expect(asText(ben.rows().map(({ bytes }) => decodeLogRun(bytes)))).not.toMatch(secret);
    expect(await everyWayOut(rig, 'ben')).not.toMatch(secret);
  });

  it('takes no more words, whoever recalls or edits it again', async () => {
    const target = await recalled();
    const before = entriesIn(rig).length;
    const other = await rig.device('ada.other');
    expect(await recall(target, other)).toMatchObject({ ok: true, seq: null });
    expect(await other.command(group, 'chat.edit', { target, text: 'a secret' })).toMatchObject({
      ok: true,
      seq: null,
    });
    expect(await ben.command(group, 'chat.pin', { target, on: true })).toMatchObject({ ok: true, seq: null });
    expect(entriesIn(rig)).toHaveLength(before);
    // The relay's own word of it has none either.
    const card = { url: 'https://a.example', title: 'a secret' };
    await rig.relay.appendFact(group, 'chat.card', member('ada'), { target, card });
    expect(await everyWayOut(rig, 'ben')).not.toMatch(secret);
    // Whoever answers it without knowing is heard.
    expect(await ben.command(group, 'chat.send', { text: 'what?', reply: target })).toMatchObject({
      ok: true,
    });
  });

  it('is recalled by nobody else, and nothing of anybody else’s with it', async () => {
    const target = await say(ada, { text: 'mine' });
    await ada.command(group, 'chat.edit', { target, text: 'mine, and edited' });
    // Under the same id a recall of one would be shown as one of the other.
    expect(await ben.command(group, 'chat.send', { text: 'x' }, target.id)).toMatchObject({
      ok: false,
      code: 'already-exists',
    });
    expect(await recall(target, ben)).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await recall({ ...target, seq: 2 }, ben)).toMatchObject({ ok: false });
    expect(asText(entriesIn(rig))).toMatch(/"mine".*mine, and edited/);
  });

  it('is not told by the state of an earlier moment, which is kept to save work', async () => {
    for (let i = 0; i < baseEvery - 3; i++) void ben.command(group, 'chat.send', { text: `word ${i}` });
    await ben.settle();
    const target = await say(ada, { text: 'a secret' });
    expect(target.seq).toBeLessThan(baseEvery);
    await ada.command(group, 'chat.react', { target, emoji: ['👍'] });
    await ada.command(group, 'chat.react', { target, emoji: [] });
    await ada.command(group, 'chat.react', { target, emoji: ['👍'] });
    expect(asText(rig.store.base(group, baseEvery))).toMatch(secret);
    await say(ben, { text: 'the last word' });
    await recall(target);
    expect(asText(rig.store.base(group, baseEvery))).not.toMatch(secret);
    expect((rig.store.base(group, baseEvery)!.state as ChatState).last).toMatchObject({ is: 'recalled' });
    expect((rig.relay.state(group) as ChatState).last).toMatchObject({ text: 'the last word' });
  });
});

describe('a relay that was restored', () => {
  const heldOf = (device: TestDevice): HandedRow[] => heldBy(device).filter(({ room }) => room === group);

  it('[R-2] takes no words back of what was recalled since, whoever brings them first', async () => {
    const copy = family.copy();
    await recalled();
    await ben.settle();
    // What an offline device and a hostile one still have, each in the order they like.
    const held = heldOf(ben).slice(1);
    expect(asText(held.map(({ bytes }) => decodeLogRun(bytes)))).toMatch(secret);
    for (const rows of [held, [...held].reverse()]) {
      const { rig: restored } = await family.restore(copy);
      const device = await restored.device('ben');
      await handBack(device, rows);
      await handBack(device, rows);
      expect(await everyWayOut(restored, 'eve'), rows === held ? 'in order' : 'reversed').not.toMatch(secret);
      expect(entriesIn(restored).filter(({ type }) => type === 'chat.recall')).toHaveLength(1);
      expect(entriesIn(restored)).toHaveLength(5);
    }
  });

  it('[R-2] knows by its journal what was recalled, before anybody hands it back', async () => {
    const copy = family.copy();
    await recalled();
    await ben.settle();
    const held = heldOf(ben).slice(1);
    const taking = held
      .flatMap(({ bytes }) => decodeLogRun(bytes))
      .find(({ type }) => type === 'chat.recall')!;
    const revoked = (room: RoomId) => (room === group ? [{ entry: taking, epoch: family.store.epoch }] : []);
    const { rig: restored } = await family.restore(copy, { revoked });
    const device = await restored.device('ben');
    await handBack(device, held.slice(0, 2));
    expect(await everyWayOut(restored, 'eve')).not.toMatch(secret);
  });

  it('[R-2] erases again what the backup has and was recalled after it', async () => {
    const target = await say(ada, { text: 'a secret', files: [file] });
    await ada.command(group, 'chat.edit', { target, text: 'another secret' });
    const copy = family.copy();
    await recall(target);
    await ben.settle();
    const lost = heldOf(ben).slice(-1);
    const { rig: restored } = await family.restore(copy);
    expect(await everyWayOut(restored, 'eve')).toMatch(secret);
    expect(await handBack(await restored.device('ben'), lost)).toEqual(['taken']);
    expect(await everyWayOut(restored, 'eve')).not.toMatch(secret);
  });

  it('[R-1] takes back what is left, by the proof that came with the recall', async () => {
    const copy = family.copy();
    const target = await recalled();
    await ben.settle();
    const device = await rig.device('eve');
    const batch = await device.pull({ room: group });
    const [content] = batch.rooms;
    if (content?.kind !== 'log') throw new Error('no log');
    const proof = content.entries.find(({ type }) => type === 'chat.recall')!.data as {
      left: { seq: number; receipt: string }[];
    };
    expect(proof.left.map(({ seq }) => seq)).toEqual([1, 2]);
    for (const { seq, receipt } of proof.left)
      expect(Buffer.from(content.receipts[seq]!).toString('base64')).toBe(receipt);
    const left = content.entries.map((entry, i) => ({
      room: group,
      seq: entry.seq,
      by: entry.by,
      at: entry.at,
      bytes: rig.store.rowsFrom(group, entry.seq, 1)[0]!.bytes,
      receipt: content.receipts[i]!,
    }));
    const { rig: restored } = await family.restore(copy);
    const results = await handBack(await restored.device('eve'), left.slice(1) as HandedRow[]);
    expect(results).toEqual(['taken', 'taken', 'taken', 'taken']);
    expect(entriesIn(restored)[1]).toMatchObject({ id: target.id, data: { erased: true } });
  });
});
