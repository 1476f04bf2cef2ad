import { expect, test } from 'vitest';
import { inBar } from '../../../client/app/navigation.ts';

test('the bar of a phone has room for five, and customers stand there for who has some', () => {
  const barOf = (withCustomers: boolean) => inBar(withCustomers).map(({ feature }) => feature);
  // The fifth is the search.
  expect(barOf(true)).toEqual(['chat', 'directory', 'customers', 'docs']);
  expect(barOf(false)).toEqual(['chat', 'directory', 'docs', 'settings']);
});
