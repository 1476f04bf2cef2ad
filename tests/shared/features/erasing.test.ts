import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../shared/access/actor.ts';
import type { LogEntry } from '../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom } from '../../../shared/documents/registry.ts';
import { chatErasing } from '../../../shared/features/chat/erasing.ts';
import { chatKind } from '../../../shared/features/chat/kind.ts';
import { messageMarks, type MessageMarks } from '../../../shared/features/chat/marks.ts';
import { messageOf } from '../../../shared/features/chat/messages.ts';
import { seededRandom, seedFromEnvironment } from '../random.ts';

type Line = readonly [type: string, by: string, data: unknown];

const entriesOf = (lines: readonly Line[]): LogEntry[] =>
  lines.map(([type, by, data], seq) => {
    return { seq, id: `c${seq}` as CommandId, type, by: by as MemberId, at: 1_000 + seq, data };
  });
const at = (seq: number) => ({ seq, id: `c${seq}` as CommandId });
const file = { hash: 'a'.repeat(64), name: 'secret.txt', size: 1, type: 'text/plain' };
const card = { url: 'https://a.example', title: 'secret' };
const imported = { n: 0, id: 'x', name: 'Old', at: 5, versions: [{ at: 4, text: 'secret' }] };

const lines: Line[] = [
  ['chat.create', 'ada', { type: 'group', title: 'T', members: ['ben'] }],
  ['chat.send', 'ben', { text: 'before' }],
  ['chat.send', 'ada', { text: 'secret', files: [file], reply: at(1), thread: at(1) }],
  ['chat.edit', 'ada', { target: at(2), text: 'secret again' }],
  ['chat.card', 'ada', { target: at(2), card }],
  ['chat.send', 'ben', { text: 'after', reply: at(2), thread: at(1) }],
  ['chat.recall', 'ada', { target: at(2) }],
];
const entries = entriesOf(lines);
/** As a device has them that came after the recall. */
const left = entries.map((entry) => ([2, 3, 4].includes(entry.seq) ? chatErasing.emptied(entry) : entry));

const marksOf = (all: readonly LogEntry[], id: string): MessageMarks | null => {
  let marks: MessageMarks | null = null;
  for (const entry of all)
    if (messageMarks.targetOf(entry)?.id === id) marks = messageMarks.fold(marks, entry);
  return marks;
};

describe('what is left of a recalled message', () => {
  it('has no words, versions, cards and files, and its place in the talk', () => {
    expect(JSON.stringify(left)).not.toMatch(/secret|aaaa/);
    expect(left[2]).toMatchObject({ id: 'c2', by: 'ada', at: 1_002 });
    expect(left[2]!.data).toEqual({ erased: true, reply: at(1), thread: at(1) });
    expect(left[3]!.data).toEqual({ target: at(2), erased: true });
    expect(messageOf(left[2]!)).toBeNull();
  });

  it('is the same when it is emptied again, and nothing else is emptied', () => {
    for (const seq of [2, 3, 4]) expect(chatErasing.emptied(left[seq]!)).toBe(left[seq]);
    for (const seq of [0, 6]) expect(chatErasing.emptied(entries[seq]!)).toBe(entries[seq]);
  });

  it('of an imported one keeps whose it was and its place in the import', () => {
    const [brought] = entriesOf([['chat.import', 'ada', { text: 'secret', imported }]]);
    const after = chatErasing.emptied(brought!);
    expect(JSON.stringify(after)).not.toContain('secret');
    expect(after.data).toEqual({ text: '', imported: { n: 0, id: 'x', name: 'Old', at: 5, recalled: true } });
    expect(chatErasing.emptied(after)).toBe(after);
  });

  it('makes the same state and the same marks as what was there, from any moment of it on', () => {
    const whole = chatKind.fold(chatKind.initial, entries);
    expect(chatKind.fold(chatKind.initial, left)).toEqual(whole);
    for (const id of ['c1', 'c2']) expect(marksOf(left, id)).toEqual(marksOf(entries, id));
    for (let seq = 0; seq <= entries.length; seq++) {
      const base = chatErasing.without(chatKind.fold(chatKind.initial, entries.slice(0, seq)), at(2).id);
      expect(JSON.stringify(base), String(seq)).not.toContain('secret');
      expect(base).toEqual(chatKind.fold(chatKind.initial, left.slice(0, seq)));
      expect(chatKind.fold(base, left.slice(seq))).toEqual(whole);
    }
  });

  it('makes the same marks in whatever order it comes', () => {
    const seed = seedFromEnvironment();
    const random = seededRandom(seed);
    for (let i = 0; i < 50; i++) {
      const some = entries.map((entry, seq) => (random(2) === 0 ? entry : left[seq]!));
      const mixed = some.toSorted(() => random(3) - 1);
      expect(marksOf(mixed, 'c2'), `seed ${seed}`).toEqual(marksOf(entries, 'c2'));
    }
  });

  it('says what it is found by, and only then', () => {
    expect(chatErasing.files(entries[2]!)).toEqual([file.hash]);
    expect(chatErasing.files(left[2]!)).toEqual([]);
    expect(entries.map((entry) => chatErasing.about(entry)?.id ?? null)).toEqual([
      null,
      null,
      null,
      'c2',
      'c2',
      null,
      'c2',
    ]);
    const proof = [{ seq: 2, receipt: `${'A'.repeat(22)}==` }];
    const proved = chatErasing.withProof(entries[6]!, proof);
    expect(chatErasing.proofOf(proved)).toEqual(proof);
    expect(chatErasing.proofOf(entries[6]!)).toEqual([]);
    expect(marksOf([proved], 'c2')).toEqual(marksOf([entries[6]!], 'c2'));
  });
});

/** What the relay says of a command about it, and whether anything is left to do. */
function judged(by: string, type: string, data: unknown): string {
  const found = findRoom('w/chat/team')!;
  const state = chatKind.fold(chatKind.initial, left);
  const resource: Resource = {
    kind: found.kind,
    room: found.name,
    state,
    governing: state,
    at: 1,
    stateOf: () => null,
    isActiveMember: () => true,
    entry: ({ id }) => left.find((entry) => entry.id === id) ?? null,
  };
  const actor: Actor = { member: by as MemberId, role: 'member', active: true };
  const result = judgeCommand(actor, type, data, resource);
  return !result.ok ? result.error.code : result.value.done ? 'done' : 'taken';
}

const table: readonly [string, string, string, unknown, string][] = [
  ['is not recalled twice', 'ada', 'chat.recall', { target: at(2) }, 'done'],
  ['nor by somebody else', 'ben', 'chat.recall', { target: at(2) }, 'forbidden'],
  ['takes no words any more', 'ada', 'chat.edit', { target: at(2), text: 'back' }, 'done'],
  ['nor from somebody else', 'ben', 'chat.edit', { target: at(2), text: 'back' }, 'forbidden'],
  ['is not pinned', 'ben', 'chat.pin', { target: at(2), on: true }, 'done'],
  ['is answered by who did not know', 'ben', 'chat.send', { text: 'x', reply: at(2) }, 'taken'],
  ['has no file to wait for', 'ada', 'chat.giveUp', { target: at(2), hash: file.hash }, 'done'],
];

describe('a recalled message', () => {
  it.each(table)('%s', (_what, by, type, data, expected) => {
    expect(judged(by, type, data)).toBe(expected);
  });
});

describe('a file that its sender gives up', () => {
  const message: Line = ['chat.send', 'ada', { text: '', files: [file] }];
  const give = (by: string, hash = file.hash): Line => ['chat.giveUp', by, { target: at(0), hash }];

  it('is awaited by nobody any more, however often it is said', () => {
    const all = entriesOf([message, give('ada'), give('ada')]);
    expect(marksOf(all, 'c0')?.givenUp).toEqual([file.hash]);
    expect(marksOf(all.toReversed(), 'c0')?.givenUp).toEqual([file.hash]);
    expect(
      marksOf(entriesOf([message, give('ada'), ['chat.recall', 'ada', { target: at(0) }]]), 'c0'),
    ).not.toHaveProperty('givenUp');
  });
});
