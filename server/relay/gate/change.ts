import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';

/** What transactions changed in a document, as one Yjs update: the structs that are new, and what was deleted. */
export class Change {
  readonly #structs = new Map<
    number,
    { readonly from: number; count: number; readonly encoder: Y.UpdateEncoderV1 }
  >();
  /** By client, numbers in twos: clock, length. */
  readonly #deletes = new Map<number, number[]>();

  /** Takes in what one transaction did. `clients` are those it may have brought structs of. */
  add(transaction: Y.Transaction, clients: Iterable<number>): void {
    const { store } = transaction.doc;
    for (const client of clients) {
      const from = transaction.beforeState.get(client) ?? 0;
      if (Y.getState(store, client) > from) this.#addStructs(store.clients.get(client)!, client, from);
    }
    for (const [client, items] of transaction.deleteSet.clients) {
      let ranges = this.#deletes.get(client);
      if (!ranges) this.#deletes.set(client, (ranges = []));
      for (const { clock, len } of items) ranges.push(clock, len);
    }
  }

  #addStructs(structs: readonly (Y.Item | Y.GC)[], client: number, from: number): void {
    let found = this.#structs.get(client);
    if (!found) this.#structs.set(client, (found = { from, count: 0, encoder: new Y.UpdateEncoderV1() }));
    let at = Y.findIndexSS(structs as (Y.Item | Y.GC)[], from);
    found.count += structs.length - at;
    let offset = from - structs[at]!.id.clock;
    for (; at < structs.length; at++) {
      structs[at]!.write(found.encoder, offset);
      offset = 0;
    }
  }

  /** Null when nothing was new. */
  encode(): Uint8Array | null {
    if (this.#structs.size === 0 && this.#deletes.size === 0) return null;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, this.#structs.size);
    for (const [client, { from, count, encoder: structs }] of highestFirst(this.#structs)) {
      encoding.writeVarUint(encoder, count);
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, from);
      encoding.writeBinaryEncoder(encoder, structs.restEncoder);
    }
    encoding.writeVarUint(encoder, this.#deletes.size);
    for (const [client, ranges] of highestFirst(this.#deletes)) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, ranges.length / 2);
      for (const number of ranges) encoding.writeVarUint(encoder, number);
    }
    return encoding.toUint8Array(encoder);
  }
}

/** Higher client ids first, as Yjs writes them. */
const highestFirst = <T>(of: ReadonlyMap<number, T>): Iterable<[number, T]> =>
  of.size > 1 ? [...of].sort((a, b) => b[0] - a[0]) : of;
