import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry } from '../../shared/access/kind.ts';
import { newId, type CommandId, type RoomId } from '../../shared/base/ids.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { CommandResult } from '../../shared/protocol/messages.ts';
import { handBack, heldBy, startFamily } from './backup/restored.ts';
import { startRig, type Rig, type TestDevice } from './relay-rig.ts';

let rig: Rig;
let ada: TestDevice;
let ben: TestDevice;
let eve: TestDevice;
let team: RoomId;
let other: RoomId;

beforeEach(async () => {
  rig = await startRig();
  await rig.people('ada', 'ben', 'eve');
  [ada, ben, eve] = [await rig.device('ada'), await rig.device('ben'), await rig.device('eve')];
  team = rig.room('chat', 'team');
  other = rig.room('chat', 'other');
  await ada.command(team, 'chat.create', { type: 'group', title: 'T', members: ['ben'] });
  await eve.command(other, 'chat.create', { type: 'group', title: 'O', members: ['ben'] });
});
afterEach(() => rig.stop());

const entriesIn = (at: Rig, room: RoomId): LogEntry[] =>
  at.store.rowsFrom(room, 0, 10_000).flatMap((row) => decodeLogRun(row.bytes));

async function say(by: TestDevice, room: RoomId, text: string) {
  const id = newId<CommandId>();
  const result = await by.command(room, 'chat.send', { text }, id);
  if (!result.ok) throw new Error(result.message);
  return { seq: result.seq!, id };
}

const codeOf = (result: CommandResult): string => (result.ok ? 'taken' : result.code);

/** Every command that speaks of a message. */
const about = (target: { seq: number; id: string }): [type: string, data: object][] => [
  ['chat.edit', { target, text: 'forged' }],
  ['chat.recall', { target }],
  ['chat.react', { target, emoji: ['👍'] }],
  ['chat.pin', { target, on: true }],
  ['chat.urge', { target, members: [] }],
  ['chat.send', { text: 'x', reply: target }],
];

describe('a hostile member', () => {
  it('changes nobody else’s message', async () => {
    const target = await say(ada, team, 'mine');
    const before = entriesIn(rig, team).length;
    expect(codeOf(await ben.command(team, 'chat.edit', { target, text: 'forged' }))).toBe('forbidden');
    expect(codeOf(await ben.command(team, 'chat.recall', { target }))).toBe('forbidden');
    expect(codeOf(await ben.command(team, 'chat.urge', { target, members: [] }))).toBe('forbidden');
    // Neither by an id of one's own at the place of the other, nor the reverse.
    const own = await say(ben, team, 'own');
    expect(
      codeOf(await ben.command(team, 'chat.edit', { target: { ...own, id: target.id }, text: 'x' })),
    ).not.toBe('taken');
    expect(codeOf(await ben.command(team, 'chat.recall', { target: { ...target, id: newId() } }))).toBe(
      'message-not-found',
    );
    expect(entriesIn(rig, team)).toHaveLength(before + 1);
  });

  it('touches no message of a conversation they are not in', async () => {
    const target = await say(ada, team, 'among us');
    for (const [type, data] of about(target))
      expect(codeOf(await eve.command(team, type, data)), type).toBe('forbidden');
    expect(entriesIn(rig, team)).toHaveLength(2);
  });

  it('names no message of another room from this one, and none that is not one', async () => {
    const far = await say(ada, team, 'in the other room');
    const near = await say(ben, other, 'here');
    const before = entriesIn(rig, other).length;
    const targets = [
      far,
      { ...near, id: far.id },
      { seq: near.seq, id: newId() },
      { seq: 2 ** 52, id: near.id.split('').reverse().join('') },
      { seq: 0, id: entriesIn(rig, other)[0]!.id },
    ];
    for (const target of targets)
      for (const [type, data] of about(target))
        expect(codeOf(await ben.command(other, type, data)), `${type} ${target.seq}`).toBe(
          'message-not-found',
        );
    expect(entriesIn(rig, other)).toHaveLength(before);
  });

  it('says neither where a message is nor with which a thread began', async () => {
    const first = await say(ada, team, 'one');
    const lie = { text: 'x', reply: { ...first, seq: 1_000 }, thread: { seq: 0, id: 'made-up' } };
    expect(codeOf(await ben.command(team, 'chat.send', lie))).toBe('message-not-found');
    await ben.command(team, 'chat.send', { ...lie, reply: first });
    expect(entriesIn(rig, team).at(-1)?.data).toEqual({ text: 'x', reply: first, thread: first });
  });

  it.each([
    [
      'more emoji than there is room for',
      Array.from({ length: 9 }, (_, i) => String.fromCodePoint(0x1f600 + i)),
    ],
    ['one emoji twice', ['👍', '👍']],
    ['words', ['hello']],
    ['markup', ['<img src=x>']],
    ['a megabyte', ['👍'.repeat(10_000)]],
    ['no list', '👍'],
  ])('reacts with no such thing: %s', async (_what, emoji) => {
    const target = await say(ada, team, 'one');
    expect(codeOf(await ben.command(team, 'chat.react', { target, emoji }))).toBe('bad-request');
  });

  it('has no way in by HTTP either', async () => {
    const target = await say(ada, team, 'one');
    const command = (type: string, data: object) =>
      rig.relay.command(rig.caller('eve'), { id: newId(), n: 9_000 + eve.n++, room: team, type, data });
    for (const [type, data] of about(target))
      expect(codeOf(await command(type, data)), type).toBe('forbidden');
  });
});

describe('a command that speaks of a message', () => {
  it('is found by the id when both were made offline and come in one turn, others in between', async () => {
    const id = newId<CommandId>();
    const guessed = { seq: 1, id };
    await say(ben, team, 'meanwhile');
    await say(ben, team, 'and more');
    const results = await Promise.all([
      ada.command(team, 'chat.send', { text: 'typpo' }, id),
      ada.command(team, 'chat.edit', { target: guessed, text: 'typo' }),
      ada.command(team, 'chat.react', { target: guessed, emoji: ['🎉'] }),
    ]);
    expect(results.map(codeOf)).toEqual(['taken', 'taken', 'taken']);
    expect(entriesIn(rig, team).at(-2)?.data).toEqual({ target: { seq: 3, id }, text: 'typo' });
  });

  it('is found by the id when the message was taken before, at a place the device did not know', async () => {
    const { id } = await say(ben, team, 'one');
    await say(ben, team, 'two');
    expect(codeOf(await ben.command(team, 'chat.edit', { target: { seq: 9, id }, text: 'uno' }))).toBe(
      'taken',
    );
    expect(entriesIn(rig, team).at(-1)?.data).toEqual({ target: { seq: 1, id }, text: 'uno' });
    // Another device of the same person goes by the place alone.
    const phone = await rig.device('ben.phone');
    expect(codeOf(await phone.command(team, 'chat.recall', { target: { seq: 9, id } }))).toBe(
      'message-not-found',
    );
    expect(codeOf(await phone.command(team, 'chat.recall', { target: { seq: 1, id } }))).toBe('taken');
  });

  it('is found where the message went when the relay was restored', async () => {
    const family = await startFamily();
    try {
      await family.first.people('ada', 'ben');
      const group = family.first.room('chat', 'group');
      const [writer, holder] = [await family.first.device('ada'), await family.first.device('ben')];
      await writer.command(group, 'chat.create', { type: 'group', title: 'G', members: ['ben'] });
      const copy = family.copy();
      const lost = await say(writer, group, 'lost and found');
      await holder.row(group, ({ seq }) => seq === lost.seq);
      const { rig: restored } = await family.restore(copy);
      const [again, bringing] = [await restored.device('ada'), await restored.device('ben')];
      const after = await say(bringing, group, 'written since');
      expect(after.seq).toBe(lost.seq);
      const rows = heldBy(holder).filter((row) => row.room === group && row.seq === lost.seq);
      expect(await handBack(bringing, rows)).toEqual(['taken']);
      const edit = { target: lost, text: 'found' };
      expect(codeOf(await again.command(group, 'chat.edit', edit))).toBe('taken');
      expect(codeOf(await bringing.command(group, 'chat.react', { target: lost, emoji: ['👍'] }))).toBe(
        'taken',
      );
      expect(entriesIn(restored, group).at(-2)?.data).toEqual({
        ...edit,
        target: { ...lost, seq: lost.seq + 1 },
      });
    } finally {
      await family.end();
    }
  });
});
