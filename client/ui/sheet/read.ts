import { decodeText, readCsv } from './csv-in.ts';
import { readXlsx } from './xlsx-in.ts';

/** Rows of a file, XLSX or CSV, told by its first bytes; null when it is neither. Stops reading behind `most` rows. */
export function readTable(bytes: Uint8Array, most: number): string[][] | null {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  if (isZip) return readXlsx(bytes, most);
  const text = decodeText(bytes);
  return text === null ? null : readCsv(text, most);
}
