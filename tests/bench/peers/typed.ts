import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

// Of Yjs' update format, version 1, what somebody who types one letter after the other needs.
const string = 4;
const hasOrigin = 0x80;

/** The update by which a client id types its letter number `clock` behind the letters before. */
export function typedLetter(client: number, clock: number): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1); // client ids
  encoding.writeVarUint(encoder, 1); // structs
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
  if (clock === 0) {
    encoding.writeUint8(encoder, string);
    encoding.writeVarUint(encoder, 1); // under a root
    encoding.writeVarString(encoder, 't');
  } else {
    encoding.writeUint8(encoder, string | hasOrigin);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock - 1);
  }
  encoding.writeVarString(encoder, 'x');
  encoding.writeVarUint(encoder, 0); // no deletions
  return encoding.toUint8Array(encoder);
}

/** How far each client id in an update goes: client, clock after its last letter, client, … Only for such updates. */
export function endsOf(update: Uint8Array): number[] {
  const decoder = decoding.createDecoder(update);
  const ends: number[] = [];
  for (let clients = decoding.readVarUint(decoder); clients > 0; clients--) {
    const structs = decoding.readVarUint(decoder);
    const client = decoding.readVarUint(decoder);
    let clock = decoding.readVarUint(decoder);
    for (let i = 0; i < structs; i++) {
      const info = decoding.readUint8(decoder);
      if ((info & 0x1f) !== string) throw new Error('not an update of typed letters');
      let points = (info & hasOrigin ? 1 : 0) + (info & 0x40 ? 1 : 0);
      if (points === 0) {
        decoding.readVarUint(decoder);
        decoding.readVarString(decoder);
      }
      for (; points > 0; points--) {
        decoding.readVarUint(decoder);
        decoding.readVarUint(decoder);
      }
      // The letters are ASCII: as many bytes as clocks.
      const letters = decoding.readVarUint(decoder);
      decoder.pos += letters;
      clock += letters;
    }
    ends.push(client, clock);
  }
  return ends;
}
