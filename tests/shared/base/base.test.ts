import { crc32 as zlibCrc } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32, equalBytes } from '../../../shared/base/bytes.ts';
import { errorTable } from '../../../shared/base/errors.ts';
import { isId, newId } from '../../../shared/base/ids.ts';

describe('small things', () => {
  it('ids are long, safe in addresses and all different', () => {
    const ids = Array.from({ length: 5_000 }, () => newId());
    expect(new Set(ids).size).toBe(5_000);
    expect(ids.every((id) => isId(id) && id.length === 22)).toBe(true);
    for (const none of ['', 'a/b', 'a b', 'x'.repeat(65), 'é', null, 7]) expect(isId(none)).toBe(false);
  });

  it('the checksum is that of zlib', () => {
    const known = new TextEncoder().encode('123456789');
    expect(crc32(known)).toBe(0xcbf43926);
    const long = Uint8Array.from({ length: 4_099 }, (_, i) => (i * 31) % 256);
    expect(crc32(long)).toBe(zlibCrc(long));
    for (let length = 0; length < 40; length++) {
      const piece = long.subarray(length, 2 * length);
      expect(crc32(piece)).toBe(zlibCrc(piece));
      expect(crc32(long.subarray(length), crc32(long.subarray(0, length)))).toBe(zlibCrc(long));
    }
    expect(crc32(new Uint8Array())).toBe(0);
  });

  it('bytes are equal when all are', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
  });

  it.each(Object.entries(errorTable))(
    'the error %s closes a socket as its status says',
    (_code, { status, close, retry }) => {
      expect(status).toBeGreaterThanOrEqual(400);
      // 4400 to 4499 tell a y-websocket client not to try again.
      expect(close >= 4400 && close <= 4499).toBe(!retry && close < 5000 && close !== 1011);
    },
  );
});
