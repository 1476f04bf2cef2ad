import { expect, test } from 'vitest';
import { lastPlace, stepPlace, stepped } from '../../../client/features/customers/settings/place.ts';
import { choicesIn } from '../../../client/features/customers/settings/setup/field-types.ts';

const items = [
  { name: 'a', place: 1 },
  { name: 'b', place: 2 },
  { name: 'c', place: 5 },
];
const moved = (at: number, by: -1 | 1): string => {
  const place = stepPlace(items, at, by);
  const next = items.map((each, i) => (i === at && place !== null ? { ...each, place } : each));
  return next
    .sort((a, b) => a.place - b.place)
    .map(({ name }) => name)
    .join('');
};

test.each([
  [0, -1, 'abc'],
  [1, -1, 'bac'],
  [2, -1, 'acb'],
  [0, 1, 'bac'],
  [1, 1, 'acb'],
  [2, 1, 'abc'],
] as const)('the one at %i goes by %i: %s', (at, by, order) => {
  expect(moved(at, by)).toBe(order);
  expect(stepped(['a', 'b', 'c'], at, by).join('')).toBe(order);
});

test('a new one stands behind all others', () => {
  expect(lastPlace(items)).toBe(6);
  expect(lastPlace([])).toBe(1);
});

test('choices are the lines with words in them, each once', () => {
  expect(choicesIn(' Red \n\nGreen\nRed\n')).toEqual(['Red', 'Green']);
});
