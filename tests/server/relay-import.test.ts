import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../shared/access/kind.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import { importedIn } from '../../shared/features/chat/messages.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { CommandResult } from '../../shared/protocol/messages.ts';
import { startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let ada: TestDevice;
let ben: TestDevice;
let room: RoomId;

beforeEach(async () => {
  rig = await startRig();
  // Whoever comes first is the owner; the others are members.
  await rig.people('ada', 'ben', 'eve');
  [ada, ben] = [await rig.device('ada'), await rig.device('ben')];
  room = rig.room('chat', 'import-x');
});
afterEach(() => rig.stop());

const codeOf = (result: CommandResult): string => (result.ok ? 'taken' : result.code);
const entriesIn = (of: RoomId): LogEntry[] =>
  rig.store.rowsFrom(of, 0, 10_000).flatMap((row) => decodeLogRun(row.bytes));
const begin = { type: 'group', title: 'T', members: ['ada'], imports: 'slack' };
const message = (n: number, more: object = {}) => ({
  ...{ text: `words ${n}`, imported: { n, id: `m${n}`, name: 'Ben', member: 'ben', at: 100 + n } },
  ...more,
});

describe('an import', () => {
  it('is taken as fast as it is sent, in its order, with what answers what', async () => {
    await ada.command(room, 'chat.create', begin);
    const ids = Array.from({ length: 1_200 }, () => newId<CommandId>());
    const results = await Promise.all(
      ids.map((id, n) =>
        ada.command(
          room,
          'chat.import',
          message(n, n % 10 === 3 ? { reply: { seq: n - 2, id: ids[n - 3]! } } : {}),
          id,
        ),
      ),
    );
    expect(results.map(codeOf).filter((code) => code !== 'taken')).toEqual([]);
    expect(
      entriesIn(room)
        .map(({ id }) => id)
        .slice(1),
    ).toEqual(ids);
  });

  it('is refused to everybody who is not allowed to, and nothing is stored of it', async () => {
    await ada.command(room, 'chat.create', begin);
    await ada.command(room, 'chat.import', message(0));
    const before = entriesIn(room).length;
    const eve = await rig.device('eve');
    const theirs = rig.room('chat', 'theirs');
    await ben.command(theirs, 'chat.create', { type: 'group', title: 'T', members: ['ada'] });
    const attempts: [string, TestDevice, RoomId, string, object][] = [
      [
        'a member makes a group for it',
        ben,
        rig.room('chat', 'own'),
        'chat.create',
        { ...begin, members: ['ben'] },
      ],
      ['a member imports into it', ben, room, 'chat.import', message(1)],
      ['a member opens it', eve, room, 'chat.imported', { members: ['eve'] }],
      ['a member imports into a group of theirs', ben, theirs, 'chat.import', message(0)],
      ['the administrator imports into a group of others', ada, theirs, 'chat.import', message(0)],
      ['one is left out', ada, room, 'chat.import', message(2)],
      ['one comes twice', ada, room, 'chat.import', message(0)],
      [
        'it answers what is not there',
        ada,
        room,
        'chat.import',
        message(1, { reply: { seq: 9, id: newId() } }),
      ],
    ];
    for (const [title, by, to, type, data] of attempts)
      expect(codeOf(await by.command(to, type, data)), title).not.toBe('taken');
    expect(entriesIn(room)).toHaveLength(before);
    expect(entriesIn(theirs)).toHaveLength(1);
  });

  it('never passes as said by somebody who did not send it', async () => {
    await ada.command(room, 'chat.create', begin);
    const id = newId<CommandId>();
    const answer = await ada.command(
      room,
      'chat.import',
      message(0, { by: 'ben', thread: { seq: 0, id } }),
      id,
    );
    await ada.command(room, 'chat.imported', { members: ['ben'] });
    const entry = entriesIn(room)[1]!;
    // The sender stands over it, and neither author, place nor talk are theirs to say.
    expect(entry).toMatchObject({ by: 'ada', type: 'chat.import' });
    expect(entry.data).not.toHaveProperty('by');
    expect(entry.data).not.toHaveProperty('thread');
    expect(importedIn(entry)).toMatchObject({ name: 'Ben', member: 'ben' });
    const target = { seq: answer.ok ? answer.seq! : 0, id };
    for (const by of [ada, ben])
      expect(codeOf(await by.command(room, 'chat.edit', { target, text: 'forged' }))).toBe('forbidden');
    expect(codeOf(await ben.command(room, 'chat.recall', { target }))).toBe('forbidden');
    // And an ordinary message does not become an imported one by saying so.
    await ben.command(room, 'chat.send', { text: 'x', imported: message(1).imported });
    expect(entriesIn(room).at(-1)).toMatchObject({ by: 'ben', type: 'chat.send', data: { text: 'x' } });
    expect(entriesIn(room).at(-1)!.data).not.toHaveProperty('imported');
  });

  it('is seen by nobody else before all of it is there', async () => {
    await ada.command(room, 'chat.create', begin);
    await ada.command(room, 'chat.import', message(0));
    expect(codeOf(await ada.command(room, 'chat.addMembers', { members: ['ben'] }))).toBe('import-running');
    expect(
      codeOf(await ben.command(room, 'chat.react', { target: { seq: 1, id: newId() }, emoji: [] })),
    ).toBe('forbidden');
    expect(codeOf(await ada.command(room, 'chat.imported', { members: ['ben'] }))).toBe('taken');
    expect(codeOf(await ada.command(room, 'chat.import', message(1)))).toBe('forbidden');
    expect(codeOf(await ben.command(room, 'chat.send', { text: 'x' }))).toBe('taken');
  });
});
