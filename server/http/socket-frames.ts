import type { Bytes } from '../../shared/base/bytes.ts';

/** A message as one unfragmented, unmasked, uncompressed binary frame of RFC 6455: what a server writes. */
function frame(message: Bytes): Buffer {
  const { length } = message;
  const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const framed = Buffer.allocUnsafe(headerLength + length);
  framed[0] = 0x82; // final, binary
  if (length < 126) framed[1] = length;
  else if (length < 65_536) {
    framed[1] = 126;
    framed.writeUInt16BE(length, 2);
  } else {
    framed[1] = 127;
    framed.writeBigUInt64BE(BigInt(length), 2);
  }
  framed.set(message, headerLength);
  return framed;
}

const framed = new WeakMap<Bytes, Buffer>();

/** The frame of a message, made at its first use: a message to a thousand sockets is one buffer. */
export function frameOnce(message: Bytes): Buffer {
  let made = framed.get(message);
  if (!made) framed.set(message, (made = frame(message)));
  return made;
}
