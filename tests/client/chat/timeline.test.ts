import { expect, test } from 'vitest';
import type { MarkedEntry } from '../../../client/data/api.ts';
import type { CommandId, MemberId } from '../../../shared/base/ids.ts';
import { messageIn, noticeOf, surroundings } from '../../../client/features/chat/timeline.ts';

const noon = new Date(2026, 2, 12, 12).getTime();
const minute = 60_000;
const me = 'me' as MemberId;

const entry = (
  seq: number,
  by: string,
  at: number,
  type = 'chat.send',
  data: unknown = { text: 'x' },
): MarkedEntry => ({
  seq,
  id: `id-${seq}` as CommandId,
  type,
  by: by as MemberId,
  at,
  data,
  marks: null,
});

test('messages of one person within five minutes are one run', () => {
  const entries = [
    entry(0, 'a', noon),
    entry(1, 'a', noon + 2 * minute),
    entry(2, 'b', noon + 3 * minute),
    entry(3, 'b', noon + 9 * minute),
  ];
  const runs = entries.map((_, index) => surroundings(entries, index, null));
  expect(runs.map(({ first, last }) => [first, last])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
  ]);
});

test('a new day and the line of new messages end a run', () => {
  const night = new Date(2026, 2, 12, 23, 59).getTime();
  const entries = [
    entry(0, 'a', night),
    entry(1, 'a', night + 2 * minute),
    entry(2, 'a', night + 3 * minute),
  ];
  expect(surroundings(entries, 1, null)).toEqual({ newDay: true, first: true, last: false });
  expect(surroundings(entries, 1, 2).last).toBe(true);
  expect(surroundings(entries, 2, 2).first).toBe(true);
});

test('something that happened to the group is told, and ends a run', () => {
  const entries = [
    entry(0, 'a', noon),
    entry(1, 'a', noon, 'chat.rename', { title: 'Ops' }),
    entry(2, 'a', noon),
  ];
  expect(surroundings(entries, 0, null).last).toBe(true);
  expect(noticeOf(entries[1]!, () => 'Ann', me)).toContain('Ops');
  expect(messageIn(entries[1]!)).toBeNull();
});

test('an entry of an unknown type or shape is passed over', () => {
  expect(noticeOf(entry(0, 'a', noon, 'chat.poll', { q: 1 }), () => 'Ann', me)).toBeNull();
  expect(noticeOf(entry(0, 'a', noon, 'chat.rename', 7), () => 'Ann', me)).toBeNull();
  expect(messageIn(entry(0, 'a', noon, 'chat.send', { words: 'x' }))).toBeNull();
});
