import { describe, expect, it } from 'vitest';
import { inHeldOrder } from '../../../client/ui/steady-order.ts';

const keyOf = (item: { id: string }): string => item.id;
const ids = (items: readonly { id: string }[]): string => items.map(keyOf).join('');
const list = (text: string): readonly { id: string }[] => [...text].map((id) => ({ id }));

describe('a list under the pointer', () => {
  it('keeps its order while rows change places', () => {
    expect(ids(inHeldOrder(list('cab'), ['a', 'b', 'c'], keyOf))).toBe('abc');
  });

  it('drops rows that are gone and lets new ones wait at the end', () => {
    expect(ids(inHeldOrder(list('xcay'), ['a', 'b', 'c'], keyOf))).toBe('acxy');
  });

  it('shows the real order when nothing is held', () => {
    const items = list('cab');
    expect(inHeldOrder(items, undefined, keyOf)).toBe(items);
  });
});
