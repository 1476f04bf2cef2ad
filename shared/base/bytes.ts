/** Bytes that a socket or a Blob accepts: TypeScript distinguishes them from views over shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** lib0 types its results as views over any buffer, though it only makes plain ones. */
export const asBytes = (bytes: Uint8Array): Bytes => bytes as Bytes;

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const crcTable = new Uint32Array(256).map((_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** CRC-32 (ISO 3309, as zlib computes it) of the bytes, as an unsigned number; `before` is that of what they follow. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = before ^ 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
