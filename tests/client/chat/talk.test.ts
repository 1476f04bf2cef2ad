import { expect, test } from 'vitest';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { noMarks, type MessageMarks } from '../../../shared/features/chat/marks.ts';
import { emojiPattern, mostRecorded } from '../../../shared/features/chat/messages.ts';
import type { MarkedEntry, ViewEntry } from '../../../client/data/api.ts';
import { changesIn } from '../../../client/features/chat/conversation/changes.ts';
import { wordsOf } from '../../../client/features/chat/conversation/compose.ts';
import { offeredEmoji, quickEmoji } from '../../../client/features/chat/conversation/emoji.ts';
import { forwardedMessages } from '../../../client/features/chat/conversation/forward.ts';
import { callsAll } from '../../../client/features/chat/conversation/mention-all.ts';
import { reactionsOf } from '../../../client/features/chat/conversation/reactions.ts';

const entry = (
  seq: number,
  data: unknown,
  marks: Partial<MessageMarks> | null = null,
  by = 'ann',
): MarkedEntry => ({
  seq,
  id: `id-${seq}` as CommandId,
  type: 'chat.send',
  by: by as MemberId,
  at: 1_000 + seq,
  data,
  marks: marks && { ...noMarks, ...marks },
});
const edited = { edits: [{ seq: 9, at: 9, text: 'now', mentions: [] }] };
const recalled = { recalled: { seq: 9, at: 9 } };

test('what is forwarded one by one is said as it reads now, with who said it first', () => {
  const entries = [
    entry(0, { text: 'before' }, edited),
    entry(1, { text: 'gone' }, recalled),
    entry(2, { text: 'from far', forwarded: { by: 'zoe' } }),
  ];
  expect(forwardedMessages(entries, 'each', 'T')).toEqual([
    { text: 'now', forwarded: { by: 'ann' } },
    { text: 'from far', forwarded: { by: 'zoe' } },
  ]);
});

test('what is forwarded as one record is bounded, in order, and has no word of what was recalled', () => {
  const entries = [
    entry(0, { text: 'a' }, edited),
    entry(1, { text: 'gone' }, recalled),
    entry(2, { text: 'b' }, null, 'bo'),
  ];
  expect(forwardedMessages(entries, 'merged', 'Team')).toEqual([
    {
      text: '',
      record: {
        title: 'Team',
        items: [
          { by: 'ann', at: 1_000, text: 'now' },
          { by: 'bo', at: 1_002, text: 'b' },
        ],
      },
    },
  ]);
  const many = Array.from({ length: mostRecorded + 5 }, (_, i) => entry(i, { text: String(i) }));
  expect(forwardedMessages(many, 'merged', 'T')[0]?.record?.items).toHaveLength(mostRecorded);
  expect(forwardedMessages([entry(0, { text: 'x' }, recalled)], 'merged', 'T')).toEqual([]);
});

test('reactions stand in the order they came, each with who put it there', () => {
  const reactions = {
    ann: { seq: 5, emoji: ['🎉', '👍'] },
    bo: { seq: 3, emoji: ['👍'] },
    cy: { seq: 4, emoji: [] },
  } as MessageMarks['reactions'];
  expect(reactionsOf({ ...noMarks, reactions })).toEqual([
    { emoji: '👍', people: ['bo', 'ann'] },
    { emoji: '🎉', people: ['ann'] },
  ]);
  expect(reactionsOf(null)).toEqual([]);
});

test('every emoji that is offered is one that the relay takes, and none is offered twice', () => {
  const all = [...offeredEmoji];
  expect([...all, ...quickEmoji].filter((emoji) => !emojiPattern.test(emoji))).toEqual([]);
  expect(new Set(all).size).toBe(all.length);
});

test('of what this person did to a message and the relay has not taken, the newest is told', () => {
  const own = (seq: number, type: string, target: string, delivery: ViewEntry['delivery']): ViewEntry => ({
    ...entry(seq, { target: { seq: 0, id: target }, text: 'x', emoji: [] }),
    type,
    delivery,
    failure: null,
  });
  const waiting: ViewEntry[] = [
    own(3, 'chat.edit', 'a', 'queued'),
    own(4, 'chat.react', 'b', 'failed'),
    { ...entry(5, { text: 'waits' }), delivery: 'queued', failure: null },
    own(6, 'chat.recall', 'a', 'queued'),
  ];
  const told = [...changesIn(waiting)].map(([id, { type, delivery }]) => [id, type, delivery]);
  expect(told).toEqual([
    ['a', 'chat.recall', 'queued'],
    ['b', 'chat.react', 'failed'],
  ]);
});

test.each([
  ['@Everybody come', true],
  ['请 @所有人 看', true],
  ['@所有人看', true],
  ['mail me@Everybody.org', false],
  ['@Everybodyelse', false],
  ['everybody', false],
])('“%s” calls everybody: %s', (text, expected) => {
  expect(callsAll(text)).toBe(expected);
});

test('nobody calls everybody who may not', () => {
  const ann = { id: 'ann', name: 'Ann' };
  expect(wordsOf('@Everybody @Ann', [ann])).toEqual({ text: '@Everybody @Ann', mentions: ['ann'] });
});
