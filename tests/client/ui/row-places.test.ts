import { describe, expect, it } from 'vitest';
import { rowPlaces } from '../../../client/ui/row-places.ts';

describe('where rows stand', () => {
  it('follows from the number where all are of one height', () => {
    const places = rowPlaces(['a', 'b', 'c'], 10);
    expect([places.top(2), places.top(3), places.at(0), places.at(9), places.at(10)]).toEqual([
      20, 30, 0, 0, 1,
    ]);
  });

  it('is summed up where each has its own', () => {
    const places = rowPlaces([30, 60, 60], (height) => height);
    expect([0, 1, 2, 3].map((index) => places.top(index))).toEqual([0, 30, 90, 150]);
    expect([0, 29, 30, 89, 90, 149].map((pixels) => places.at(pixels))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('ends with the list, whatever is asked', () => {
    const places = rowPlaces<number>([], (height) => height);
    expect([places.top(0), places.top(5), places.at(100)]).toEqual([0, 0, 0]);
  });
});
