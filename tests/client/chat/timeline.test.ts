import { expect, test } from 'vitest';
import type { MarkedEntry } from '../../../client/data/api.ts';
import { factPrefix, type CommandId, type MemberId } from '../../../shared/base/ids.ts';
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

test('what the relay says in a conversation with a customer is told in one sentence', () => {
  const guest = 'guest-c1' as MemberId;
  const nameOf = (id: MemberId): string => (id === guest ? 'Mia' : id);
  const fact = (by: string, type: string, data: unknown): MarkedEntry => ({
    ...entry(0, by, noon, type, data),
    id: `${factPrefix}1` as CommandId,
  });
  const told = (by: string, type: string, data: unknown): string | null =>
    noticeOf(fact(by, type, data), nameOf, me);
  const begun = { guest, members: ['me'], name: '' };
  expect(told(guest, 'chat.customer', begun)).toBe('Mia began the conversation');
  expect(told('a', 'chat.guest', { name: 'Mia C', ended: false })).toBe('The customer is called Mia C now');
  expect(told('a', 'chat.guest', { name: '', ended: false })).toBeNull();
  expect(told('a', 'chat.guest', { name: 'Mia', ended: true })).toBe('The conversation was ended');
  expect(told('me', 'chat.addMembers', { members: ['b'] })).toBe('You asked b in');
  expect(told('a', 'chat.addMembers', { members: ['me'] })).toBe('a asked you in');
  expect(told('a', 'chat.addMembers', { members: ['a'] })).toBe('a came in');
  expect(told('a', 'chat.removeMember', { member: 'b' })).toBe('b is no longer in the conversation');
  // A person of a group says it otherwise.
  expect(noticeOf(entry(0, 'a', noon, 'chat.addMembers', { members: ['b'] }), nameOf, me)).toBe('a added b');
});
