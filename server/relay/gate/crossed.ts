import * as Y from 'yjs';

/**
 * Whether something that is new stands behind the neighbour it says is to its right. No author can have seen that, and
 * copies that take such things in in different orders would differ for ever.
 */
export function hasCrossed(transaction: Y.Transaction, clients: Iterable<number>): boolean {
  const { store } = transaction.doc;
  for (const client of clients) {
    const from = transaction.beforeState.get(client) ?? 0;
    const structs = store.clients.get(client);
    if (!structs || Y.getState(store, client) <= from) continue;
    for (let at = Y.findIndexSS(structs, from); at < structs.length; at++) {
      const struct = structs[at]!;
      if (struct instanceof Y.Item && struct.rightOrigin !== null && !isBefore(struct, struct.rightOrigin))
        return true;
    }
  }
  return false;
}

/** Walks right until the id is found, or something that is known to stand before it. */
function isBefore(item: Y.Item, id: Y.ID): boolean {
  for (let at = item.right; at !== null; at = at.right) {
    if (at.id.client === id.client && at.id.clock <= id.clock && id.clock < at.id.clock + at.length)
      return true;
    if (Y.compareIDs(at.rightOrigin, id)) return true;
  }
  return false;
}
