import { crc32 } from 'node:zlib';

/** Rows on their way to the workshop: one buffer, since thousands of small ones are slow to hand over. */
export interface Pack {
  readonly bytes: Uint8Array;
  /** Where each row ends in `bytes`, and its CRC-32 as it was stored. */
  readonly ends: Uint32Array;
  readonly sums: Uint32Array;
}

/** Bytes that are not what was stored. */
export class DamagedBytes extends Error {
  override readonly name = 'DamagedBytes';
}

export function pack(rows: readonly { readonly bytes: Uint8Array; readonly sum: number }[]): Pack {
  const bytes = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes.length, 0));
  const ends = new Uint32Array(rows.length);
  const sums = new Uint32Array(rows.length);
  let end = 0;
  rows.forEach((row, i) => {
    bytes.set(row.bytes, end);
    ends[i] = end += row.bytes.length;
    sums[i] = row.sum;
  });
  return { bytes, ends, sums };
}

/** @throws DamagedBytes */
export function unpack({ bytes, ends, sums }: Pack): Uint8Array[] {
  const rows: Uint8Array[] = [];
  let from = 0;
  ends.forEach((end, i) => {
    const row = bytes.subarray(from, end);
    if (crc32(row) !== sums[i]) throw new DamagedBytes('a row is not what was stored');
    rows.push(row);
    from = end;
  });
  return rows;
}

/** Bytes in parts, each with its CRC-32. No part takes the disk or the loop long. */
export interface Parts {
  readonly bytes: Uint8Array;
  readonly sums: readonly number[];
}

const partSize = 256 * 1024;

export const partAt = (bytes: Uint8Array, part: number): Uint8Array =>
  bytes.subarray(part * partSize, (part + 1) * partSize);

export function inParts(bytes: Uint8Array): Parts {
  const count = Math.ceil(bytes.length / partSize);
  return { bytes, sums: Array.from({ length: count }, (_, part) => crc32(partAt(bytes, part))) };
}
