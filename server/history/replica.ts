import * as Y from 'yjs';

/** The update that changes nothing. */
const nothing = Uint8Array.of(0, 0);

/** A text rebuilt from its rows, exactly as the rows say. */
export interface Replica {
  readonly doc: Y.Doc;
  apply(updates: readonly Uint8Array[]): void;
  /** The same, and returns what of it was new as one update: without content that was deleted within it. */
  merge(updates: readonly Uint8Array[]): Uint8Array;
  state(): Uint8Array;
}

export function createReplica(): Replica {
  const doc = new Y.Doc();
  // Yjs tidies formatting marks by deletions of its own; a replica must hold what the rows say and nothing else.
  doc.on('afterTransaction', (transaction: Y.Transaction) => {
    transaction._needFormattingCleanup = false;
  });
  const apply = (updates: readonly Uint8Array[]): void =>
    doc.transact(() => {
      for (const update of updates) Y.applyUpdate(doc, update);
    });
  return {
    doc,
    apply,
    merge(updates) {
      let merged: Uint8Array = nothing;
      const keep = (update: Uint8Array): void => void (merged = update);
      // Yjs says what a transaction changed after it has thrown away what was deleted in it.
      doc.on('update', keep);
      try {
        apply(updates);
      } finally {
        doc.off('update', keep);
      }
      return merged;
    },
    state: () => Y.encodeStateAsUpdate(doc),
  };
}
