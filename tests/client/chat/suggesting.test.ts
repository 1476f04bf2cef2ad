import { beforeEach, expect, test } from 'vitest';
import { Suggesting } from '../../../client/features/chat/conversation/suggesting.svelte.ts';

const people = [
  { id: 'ann', name: 'Ann' },
  { id: 'anton', name: 'Anton' },
];
const own = [{ id: 'own', folder: '', title: 'Thanks', text: 'Thank you' }];
const team = [{ id: 'team', folder: '', title: 'Times', text: 'From nine' }];

let chosen: unknown[];
let withReplies: boolean;
let suggesting: Suggesting;
beforeEach(() => {
  chosen = [];
  withReplies = true;
  suggesting = new Suggesting({
    people: () => people,
    replies: () => (withReplies ? { own, team } : null),
    mention: (person, from, to) => chosen.push([person.id, from, to]),
    reply: (reply, from, to) => chosen.push([reply.id, from, to]),
  });
});

const type = (text: string): void => suggesting.look(text, text.length);
const press = (key: string, shiftKey = false): boolean =>
  suggesting.press({
    ...{ key, shiftKey, preventDefault: () => undefined, stopPropagation: () => undefined },
  } as unknown as KeyboardEvent);

test('a slash at the beginning offers replies, and Enter takes the one that the arrows went to', () => {
  type('/t');
  expect(suggesting.replies.map(({ title }) => title)).toEqual(['Thanks', 'Times']);
  expect(suggesting.people).toEqual([]);
  expect([press('ArrowDown'), press('Enter')]).toEqual([true, true]);
  expect(chosen).toEqual([['team', 0, 2]]);
});

test('the arrows go round', () => {
  type('/');
  press('ArrowUp');
  press('Tab');
  expect(chosen).toEqual([['team', 0, 1]]);
});

test('where quick replies are not used, a slash is a slash', () => {
  withReplies = false;
  type('/t');
  expect(suggesting.count).toBe(0);
  expect(press('Enter')).toBe(false);
});

test('names are offered as everywhere, also behind a slash', () => {
  type('/ask @ant');
  expect(suggesting.people.map(({ name }) => name)).toEqual(['Anton']);
  expect(suggesting.replies).toEqual([]);
  press('Enter');
  expect(chosen).toEqual([['anton', 5, 9]]);
});

test('Escape closes the list until something else is looked for', () => {
  type('/');
  expect(press('Escape')).toBe(true);
  type('/t');
  expect(suggesting.count).toBe(0);
  type('');
  type('/t');
  expect(suggesting.count).toBe(2);
});

test('other keys, words that nothing is found for, and a selection are left alone', () => {
  type('/t');
  expect([press('x'), press('Enter', true)]).toEqual([false, false]);
  type('/usr/bin');
  expect([suggesting.count, press('Enter')]).toEqual([0, false]);
  type('/t');
  suggesting.look('/t', null);
  expect(suggesting.count).toBe(0);
});
