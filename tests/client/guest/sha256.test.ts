import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '../../../client/guest/sha256.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('hashes what comes in pieces of any size as others hash the whole', () => {
  // Around the ends of blocks, where what is added at the end fits or does not.
  for (const size of [...Array.from({ length: 200 }, (_, i) => i), 1_000, 4_096, 100_003]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + (i >> 8) + size) & 255);
    const digest = sha256.create();
    for (let from = 0, step = 1; from < size; from += step, step = (step * 7) % 97)
      digest.update(bytes.subarray(from, from + step));
    expect([size, hex(digest.digest())]).toEqual([size, createHash('sha256').update(bytes).digest('hex')]);
  }
});
