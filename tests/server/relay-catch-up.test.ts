import * as Y from 'yjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import type { ChatState, ReadsState } from '../../shared/features/chat/schema.ts';
import { chatKind } from '../../shared/features/chat/kind.ts';
import { limits } from '../../shared/protocol/limits.ts';
import type { LogContent } from '../../shared/protocol/messages.ts';
import { startRig, typing, type Rig } from './relay-rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
});
afterEach(() => rig.stop());

let n = 0;
const say = (by: string, room: RoomId, type: string, data: unknown) =>
  rig.relay.command(rig.caller(by), { id: `c${++n}` as CommandId, n, room, type, data });
const group = (...members: string[]) => ({ type: 'group', title: 'Team', members });
const many = async (chat: RoomId, count: number): Promise<void> => {
  await say('ada', chat, 'chat.create', group('ben'));
  await Promise.all(
    Array.from({ length: count - 1 }, (_, i) => say('ada', chat, 'chat.send', { text: `${i + 1}` })),
  );
};
const asLog = (content: unknown): LogContent => content as LogContent;

describe('a device that was away', () => {
  it('[S-1] has five hundred changed rooms after four round trips', async () => {
    const start = rig.store.head();
    const names = Array.from({ length: 500 }, (_, i) => rig.room('doc', `d${i}`, 'about'));
    await Promise.all(names.map((room) => say('ada', room, 'doc.create', { title: room })));
    const ben = await rig.device('ben');
    const changed = await ben.changes(start);
    expect(changed).toMatchObject({ next: rig.store.head(), head: rig.store.head() });
    expect(changed.rooms.map(({ room }) => room)).toEqual(names);
    let left = changed.rooms.map(({ room }) => room);
    let trips = 1;
    while (left.length > 0) {
      const { rooms } = await ben.pull(...left.slice(0, limits.pullRooms).map((room) => ({ room })));
      const got = new Set(rooms.map(({ room }) => room));
      left = left.filter((room) => !got.has(room));
      trips++;
    }
    expect(trips).toBe(4);
  });

  it('[S-1] is told of rooms it may read only since then, reads included', async () => {
    const chat = rig.room('chat', 'team');
    await say('ada', chat, 'chat.create', group('ben'));
    await say('ben', rig.room('chat', 'team', 'reads'), 'chat.read', { upTo: 0 });
    const since = rig.store.head();
    await say('ada', chat, 'chat.addMembers', { members: ['eve'] });
    const eve = await rig.device('eve');
    const { rooms } = await eve.changes(since);
    expect(rooms.map(({ room }) => room).sort()).toEqual([chat, `${chat}:reads`]);
    expect((await eve.changes(rig.store.head())).rooms).toEqual([]);
  });

  it('[S-2] is told which rooms are not there or not for it', async () => {
    const chat = rig.room('chat', 'team');
    await say('ada', chat, 'chat.create', group('ben'));
    const eve = await rig.device('eve');
    const wants = [chat, rig.room('doc', 'none'), rig.room('nonsense', 'x'), rig.room('directory', 'main')];
    const batch = await eve.pull(...wants.map((room) => ({ room })));
    expect(batch.missing).toEqual(wants.slice(0, 3));
    expect(batch.rooms.map(({ room }) => room)).toEqual([wants[3]]);
  });

  it('[S-2] gets large rooms in several batches, at least one room in each', async () => {
    const [client] = await rig.relay.lease(rig.caller('ada'), 1);
    const rooms = ['a', 'b', 'c'].map((id) => rig.room('scratch', id));
    for (const room of rooms) {
      const mine = typing(client!);
      mine.text.insert(0, 'x'.repeat(limits.batch));
      expect(await rig.relay.update(rig.caller('ada'), room, mine.take())).toMatchObject({ ok: true });
    }
    const ben = await rig.device('ben');
    let left = rooms;
    for (let trips = 0; trips < 3; trips++) {
      const batch = await ben.pull(...left.map((room) => ({ room })));
      expect(batch.rooms).toHaveLength(1);
      expect(batch.missing).toEqual([]);
      left = left.filter((room) => room !== batch.rooms[0]!.room);
    }
    expect(left).toEqual([]);
  });

  it('[S-3] gets the state of a long conversation that it has nothing of, and its entries by asking for them', async () => {
    const chat = rig.room('chat', 'long');
    await many(chat, limits.logWhole);
    const ben = await rig.device('ben');
    expect(asLog((await ben.pull({ room: chat })).rooms[0])).toMatchObject({ from: 0, base: null });
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        say('ada', chat, 'chat.send', { text: `${limits.logWhole + i}` }),
      ),
    );
    for (const restarts of [false, true]) {
      if (restarts) await rig.restart();
      const device = restarts ? await rig.device('ben') : ben;
      const { from, head, base, entries } = asLog((await device.pull({ room: chat })).rooms[0]);
      expect([head - from, entries]).toEqual([0, []]);
      expect(base).toMatchObject({ title: 'Team', last: { seq: head - 1 } });
      const newest = await device.history(chat, head, 50);
      expect(newest?.entries.map(({ seq }) => seq)).toEqual(
        Array.from({ length: 50 }, (_, i) => head - 50 + i),
      );
    }
  });

  it('[S-3] gets of who has read how far what is known now, and what is new of it as entries', async () => {
    const [chat, reads] = [rig.room('chat', 'team'), rig.room('chat', 'team', 'reads')];
    await many(chat, 4);
    for (const upTo of [1, 2]) await say('ben', reads, 'chat.read', { upTo });
    const ben = await rig.device('ben');
    const first = asLog((await ben.pull({ room: reads })).rooms[0]);
    expect(first).toMatchObject({ from: 2, head: 2, entries: [] });
    expect(Object.values((first.base as ReadsState).positions)).toEqual([2]);
    await say('ben', reads, 'chat.read', { upTo: 3 });
    const next = asLog((await ben.pull({ room: reads, have: 2 })).rooms[0]);
    expect(next).toMatchObject({ from: 2, head: 3, base: null });
    expect(next.entries.map(({ data }) => data)).toEqual([{ upTo: 3 }]);
  });

  it('[S-3] gets the newest entries of a long log on a base that gives the whole state', async () => {
    const chat = rig.room('chat', 'long');
    await many(chat, 2_600);
    await rig.restart();
    const ben = await rig.device('ben');
    const { rooms } = await ben.pull({ room: chat, have: 1 });
    const { from, head, base, entries } = asLog(rooms[0]);
    expect(head).toBe(2_600);
    expect(entries.length).toBeLessThanOrEqual(limits.logTail);
    expect(entries[0]?.seq).toBe(from);
    const state = chatKind.fold(base as ChatState, entries);
    expect(state).toMatchObject({ title: 'Team', last: { seq: 2_599, text: '2599' } });
    const older = await ben.history(chat, from, 500);
    expect(older?.entries.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 500 }, (_, i) => from - 500 + i),
    );
    const first = await ben.history(chat, 3, 500);
    expect(first?.entries.map(({ seq }) => seq)).toEqual([0, 1, 2]);
  });

  it('[S-3] gets only what it lacks of a log and of a text', async () => {
    const chat = rig.room('chat', 'team');
    await many(chat, 20);
    const ben = await rig.device('ben');
    const { rooms } = await ben.pull({ room: chat, have: 15 });
    expect(asLog(rooms[0])).toMatchObject({ from: 15, head: 20, base: null });
    expect(asLog(rooms[0]).entries).toHaveLength(5);

    const pad = rig.room('scratch', 'pad');
    const mine = typing((await rig.relay.lease(rig.caller('ada'), 1))[0]!);
    mine.text.insert(0, 'a');
    await rig.relay.update(rig.caller('ada'), pad, mine.take());
    const cursor = rig.store.head();
    mine.text.insert(1, 'b');
    await rig.relay.update(rig.caller('ada'), pad, mine.take());
    const part = (await ben.pull({ room: pad, cursor })).rooms[0];
    expect(part).toMatchObject({ kind: 'text', whole: false, cursor: cursor + 1 });
    expect(part?.kind === 'text' && part.updates.length).toBe(1);
    const whole = (await ben.pull({ room: pad })).rooms[0];
    expect(whole).toMatchObject({ whole: true });
    const read = new Y.Doc();
    if (whole?.kind === 'text') for (const update of whole.updates) Y.applyUpdate(read, update);
    expect(read.getText('t').toJSON()).toBe('ab');
  });

  it('[S-4] finds readable rooms without rows empty, not missing', async () => {
    const chat = rig.room('chat', 'team');
    await say('ada', chat, 'chat.create', group('ben'));
    await say('ada', rig.room('doc', 'd', 'about'), 'doc.create', { title: '' });
    const ben = await rig.device('ben');
    const wants = [rig.room('chat', 'team', 'reads'), rig.room('doc', 'd'), rig.room('scratch', 'new')];
    const { rooms, missing } = await ben.pull(...wants.map((room) => ({ room })));
    expect(missing).toEqual([]);
    expect(rooms).toMatchObject([
      { kind: 'log', head: 0, entries: [] },
      { kind: 'text', cursor: 0, updates: [] },
      { kind: 'text', cursor: 0, updates: [] },
    ]);
  });
});

describe('who comes and goes', () => {
  it('[S-6] gets the row that let them in, and the room by a pull', async () => {
    const chat = rig.room('chat', 'team');
    await say('ada', chat, 'chat.create', group('ben'));
    await say('ada', chat, 'chat.send', { text: 'before' });
    const eve = await rig.device('eve');
    await say('ada', chat, 'chat.addMembers', { members: ['eve'] });
    await eve.row(chat, ({ seq }) => seq === 2);
    const { rooms } = await eve.pull({ room: chat });
    expect(asLog(rooms[0]).entries.map(({ type }) => type)).toEqual([
      'chat.create',
      'chat.send',
      'chat.addMembers',
    ]);
  });

  it('[S-7] is told that the room is lost and never sees another row of it', async () => {
    const [chat, reads] = [rig.room('chat', 'team'), rig.room('chat', 'team', 'reads')];
    await say('ada', chat, 'chat.create', group('ben', 'eve'));
    const eve = await rig.device('eve');
    // In one turn: said before, taken out, said after.
    await Promise.all([
      say('ada', chat, 'chat.send', { text: 'one' }),
      say('ada', chat, 'chat.removeMember', { member: 'eve' }),
      say('ada', chat, 'chat.send', { text: 'two' }),
      say('ben', reads, 'chat.read', { upTo: 1 }),
    ]);
    await eve.until('lost', ({ room }) => room === chat);
    await eve.until('lost', ({ room }) => room === reads);
    await say('ada', chat, 'chat.send', { text: 'three' });
    await eve.settle();
    expect(eve.rows()).toEqual([]);
    expect((await eve.pull({ room: chat }, { room: reads })).missing).toEqual([chat, reads]);
    expect(await eve.history(chat, 9, 9)).toBeNull();
    expect((await eve.changes(0)).rooms.map(({ room }) => room)).toEqual([rig.room('directory', 'main')]);
    const answer = await eve.command(chat, 'chat.send', { text: 'me?' });
    expect(answer).toMatchObject({ ok: false, code: 'forbidden' });
  });

  it('[S-8] sees rows in the same order as everybody, without gaps in a room', async () => {
    const chat = rig.room('chat', 'team');
    const [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
    await say('ada', chat, 'chat.create', group('ben'));
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => say(i % 2 ? 'ada' : 'ben', chat, 'chat.send', { text: `${i}` })),
    );
    await Promise.all([ada, ben].map((each) => each.row(chat, ({ seq }) => seq === 100)));
    const seen = ada.rows().map(({ cursor, seq }) => [cursor, seq]);
    expect(ben.rows().map(({ cursor, seq }) => [cursor, seq])).toEqual(seen);
    expect(seen.map(([, seq]) => seq)).toEqual(Array.from({ length: 101 }, (_, i) => i));
  });
});
