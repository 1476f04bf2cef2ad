import * as encoding from 'lib0/encoding';
import { asBytes, crc32, type Bytes } from '../base/bytes.ts';
import { writeRelayMessage } from './codec.ts';
import type { RelayMessage } from './messages.ts';

/** Bytes that are summed up in one step. */
const pieceBytes = 1024 * 1024;

/** The frame of a message, as the codec makes it, in steps none of which takes long: for many megabytes. */
export function* encodeRelayMessageInSteps(message: RelayMessage): Generator<void, Bytes, void> {
  const encoder = encoding.createEncoder();
  writeRelayMessage(encoder, message);
  yield;
  const body = encoding.toUint8Array(encoder);
  yield;
  const frame = new Uint8Array(body.length + 4);
  let sum = 0;
  for (let at = 0; at < body.length; at += pieceBytes) {
    const piece = body.subarray(at, at + pieceBytes);
    frame.set(piece, at);
    sum = crc32(piece, sum);
    yield;
  }
  new DataView(frame.buffer).setUint32(body.length, sum, true);
  return asBytes(frame);
}
