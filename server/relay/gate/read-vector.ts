import * as decoding from 'lib0/decoding';
import { Unreadable } from './unreadable.ts';
import type { Sliced, Work } from './work.ts';

/** Steps that reading one entry costs. */
const stepsPerEntry = 0.25;

/**
 * Reads a state vector, in slices and without what says nothing: a message holds millions of entries for clients that
 * nobody has heard of. @throws Unreadable
 */
export function* readVector(
  bytes: Uint8Array,
  isKnown: (client: number) => boolean,
  work: Work,
): Sliced<Map<number, number>> {
  const decoder = decoding.createDecoder(bytes);
  const read = (): number => {
    try {
      return decoding.readVarUint(decoder);
    } catch {
      throw new Unreadable('not a state vector', 'bad-frame');
    }
  };
  const vector = new Map<number, number>();
  for (let left = read(); left > 0; left--) {
    const client = read();
    const clock = read();
    if (isKnown(client)) vector.set(client, clock);
    if (work.did(stepsPerEntry)) yield;
  }
  return vector;
}
