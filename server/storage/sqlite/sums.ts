import { crc32 } from 'node:zlib';

/** What a column holds, as SQLite hands it over. */
export type Value = string | number | bigint | null | Uint8Array;

/**
 * CRC-32 over the values of one stored row, in order. The last one is taken as it is when it is bytes, so that the sum of
 * bytes alone is their CRC-32.
 */
export function sumOf(...values: readonly Value[]): number {
  const last = values.at(-1);
  const bytes = last instanceof Uint8Array ? last : null;
  const before = bytes ? values.slice(0, -1) : values;
  let text = '';
  for (const value of before)
    text += `${value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value}\0`;
  const sum = text === '' ? 0 : crc32(text);
  return bytes ? crc32(bytes, sum) : sum;
}

export interface RowHead {
  readonly cursor: number;
  /** The room's number. */
  readonly room: number;
  readonly seq: number;
  readonly by: string;
  readonly device: string;
  readonly at: number;
}

/** Over what is said of a row beside its bytes: it cannot be moved or given to another author unseen. */
export const markOf = ({ cursor, room, seq, by, device, at }: RowHead): number =>
  sumOf(cursor, room, seq, by, device, at);
