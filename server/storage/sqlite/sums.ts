import { crc32 } from 'node:zlib';
import type { Database } from 'better-sqlite3';

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

/** Over what all rooms' names and all receipts are made with, as the database has it now. */
export function identitySum(database: Database): number {
  const meta = database.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck();
  return sumOf(meta.get('workspace') ?? '', meta.get('receipt-key') ?? '');
}

/** CRC-32 of the bytes of a row; none at all when the disk made something else of them. */
export const bytesSum = (bytes: unknown): number | null =>
  bytes instanceof Uint8Array ? crc32(bytes) : null;

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
