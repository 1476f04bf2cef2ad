import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import type { Sliced, Work } from './work.ts';

/** What a state vector lacks, byte for byte as `Y.encodeStateAsUpdate` gives it, but in slices. */
export function* encodeState(
  doc: Y.Doc,
  vector: ReadonlyMap<number, number>,
  work: Work,
): Sliced<Uint8Array> {
  const clients = [...doc.store.clients].sort((a, b) => b[0] - a[0]);
  const lacking = clients.filter(([client]) => Y.getState(doc.store, client) > (vector.get(client) ?? 0));
  const encoder = new Y.UpdateEncoderV1();
  const { restEncoder } = encoder;
  encoding.writeVarUint(restEncoder, lacking.length);
  for (const [client, structs] of lacking) {
    const from = Math.max(vector.get(client) ?? 0, structs[0]!.id.clock);
    let at = Y.findIndexSS(structs, from);
    encoding.writeVarUint(restEncoder, structs.length - at);
    encoding.writeVarUint(restEncoder, client);
    encoding.writeVarUint(restEncoder, from);
    let offset = from - structs[at]!.id.clock;
    for (; at < structs.length; at++) {
      structs[at]!.write(encoder, offset);
      offset = 0;
      if (work.did(1)) yield;
    }
  }
  const deleted: [number, number[]][] = [];
  for (const [client, structs] of clients) {
    const ranges: number[] = [];
    let end = -1;
    for (const struct of structs) {
      if (work.did(0.1)) yield;
      if (!struct.deleted) continue;
      if (struct.id.clock === end) ranges[ranges.length - 1]! += struct.length;
      else ranges.push(struct.id.clock, struct.length);
      end = struct.id.clock + struct.length;
    }
    if (ranges.length > 0) deleted.push([client, ranges]);
  }
  encoding.writeVarUint(restEncoder, deleted.length);
  for (const [client, ranges] of deleted) {
    encoding.writeVarUint(restEncoder, client);
    encoding.writeVarUint(restEncoder, ranges.length / 2);
    for (const number of ranges) {
      encoding.writeVarUint(restEncoder, number);
      if (work.did(0.1)) yield;
    }
  }
  return encoder.toUint8Array();
}
