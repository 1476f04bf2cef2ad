import * as Y from 'yjs';
import { describe, expect, it } from 'vitest';
import { joinUpdates } from '../../server/relay/join-updates.ts';
import { endsOf, typedLetter } from '../bench/peers/typed.ts';

/** The benchmark counts what arrived by reading updates itself; what it writes and reads must be what Yjs does. */
describe('the letters of the benchmark', () => {
  const letters = (client: number, from: number, to: number): Uint8Array[] =>
    Array.from({ length: to - from }, (_, i) => typedLetter(client, from + i));

  it('are what somebody types', () => {
    const doc = new Y.Doc();
    for (const update of letters(7, 0, 200)) Y.applyUpdate(doc, update);
    expect(doc.getText('t').toJSON()).toBe('x'.repeat(200));
    expect(doc.store.pendingStructs).toBeNull();
  });

  it('are counted alike however a server packs them', () => {
    const updates = [...letters(7, 3, 130), ...letters(70_000, 0, 5), ...letters(2 ** 40, 9, 10)];
    const ends = (all: readonly Uint8Array[]): Map<number, number> => {
      const found = new Map<number, number>();
      for (const update of all) {
        const pairs = endsOf(update);
        for (let i = 0; i < pairs.length; i += 2) found.set(pairs[i]!, pairs[i + 1]!);
      }
      return found;
    };
    const expected = new Map([
      [7, 130],
      [70_000, 5],
      [2 ** 40, 10],
    ]);
    expect(ends(updates)).toEqual(expected);
    expect(ends([Y.mergeUpdates(updates)])).toEqual(expected);
    expect(ends(joinUpdates(updates))).toEqual(expected);
    const doc = new Y.Doc();
    for (const update of [...letters(7, 0, 130), ...letters(70_000, 0, 5)]) Y.applyUpdate(doc, update);
    expect(ends([Y.encodeStateAsUpdate(doc)])).toEqual(new Map([...expected].slice(0, 2)));
  });
});
