import { crc32 as native } from 'node:zlib';
import { crc32 } from '../../shared/base/bytes.ts';

/** Bytes from which the call out of JavaScript is worth its price. */
const large = 2_048;

/** The checksum of a frame: that of one of eight megabytes takes a millisecond. */
export const frameSum = (bytes: Uint8Array): number => (bytes.length < large ? crc32(bytes) : native(bytes));
