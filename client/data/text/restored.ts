import * as Y from 'yjs';
import { equalBytes } from '../../../shared/base/bytes.ts';
import { ends, isReadable, mergeInTree } from './merge.ts';
import { withoutDeletions } from './rewrite.ts';

/** What a device has of a text that the relay, restored from an older backup, has not. */
export interface Beyond {
  /** Of the own writing, as one update, to be sent again; null when the relay has all of it. */
  readonly own: Uint8Array | null;
  /** Of other people's: it comes back from devices that hold receipts, if at all. */
  readonly others: Uint8Array | null;
  /** Whether the text here says anything that the relay's, with the own part, does not, or says it otherwise. */
  readonly differs: boolean;
}

/**
 * `own`: the client ids of this device. `wrote`: whether the relay ever took a change of it. Deletions do not say whose
 * they are: whoever wrote in the text sends those that are lost, since they may be theirs.
 */
export function beyond(
  here: readonly Uint8Array[],
  onRelay: readonly Uint8Array[],
  own: ReadonlySet<number>,
  wrote: boolean,
): Beyond {
  if (here.length === 0) return { own: null, others: null, differs: false };
  const all = mergeInTree(here);
  const theirs = onRelay.length > 0 ? vectorOf(mergeInTree(onRelay)) : new Map<number, number>();
  const clocks = vectorOf(all);
  const written = pick(all, clocks, theirs, (client) => own.has(client));
  // Deletions of what the relay does not have would make it refuse all of it.
  const isThere = (client: number, clock: number): boolean =>
    clock < ((own.has(client) ? clocks : theirs).get(client) ?? 0);
  const deleted = (): Uint8Array | null => {
    const update = withoutDeletions(Y.diffUpdate(all, Y.encodeStateVector(clocks)), isThere);
    return saysMore([update], onRelay) ? update : null;
  };
  const mine = written ? withoutDeletions(written, isThere) : wrote ? deleted() : null;
  return {
    own: mine,
    others: pick(all, clocks, theirs, (client) => !own.has(client)),
    differs: isOther(here, mine ? [...onRelay, mine] : onRelay),
  };
}

const vectorOf = (update: Uint8Array): Map<number, number> =>
  Y.decodeStateVector(Y.encodeStateVectorFromUpdate(update));

/** The structs of some clients that `theirs` does not reach, with the deletions; null when there are none. */
function pick(
  all: Uint8Array,
  clocks: ReadonlyMap<number, number>,
  theirs: ReadonlyMap<number, number>,
  isMeant: (client: number) => boolean,
): Uint8Array | null {
  const from = new Map(clocks);
  let missing = false;
  for (const [client, clock] of clocks) {
    const known = theirs.get(client) ?? 0;
    if (!isMeant(client) || known >= clock) continue;
    from.set(client, known);
    missing = true;
  }
  return missing ? Y.diffUpdate(all, Y.encodeStateVector(from)) : null;
}

/** Whether a text has all that an update of it writes and deletes; of what cannot be read it has nothing. */
export function isIn(update: Uint8Array, text: readonly Uint8Array[]): boolean {
  if (!isReadable(update)) return false;
  const has = ends(text);
  for (const [client, end] of ends([update])) if ((has.get(client) ?? 0) < end) return false;
  for (const [client, ranges] of Y.decodeUpdate(update).ds.clients)
    for (const { clock, len } of ranges) if ((has.get(client) ?? 0) < clock + len) return false;
  return !saysMore([update], text.filter(isReadable));
}

/** Whether `here` changes the text that `known` makes; what it builds on must be there. */
function saysMore(here: readonly Uint8Array[], known: readonly Uint8Array[]): boolean {
  const doc = new Y.Doc();
  try {
    for (const bytes of known) Y.applyUpdate(doc, bytes);
    let more = false;
    doc.on('update', () => (more = true));
    for (const bytes of here) Y.applyUpdate(doc, bytes);
    return more;
  } finally {
    doc.destroy();
  }
}

/**
 * Whether `here` says more than `known`, or something else under the same ids: whoever wrote there may have written it
 * again otherwise since the relay was restored, and Yjs takes what it has first.
 */
function isOther(here: readonly Uint8Array[], known: readonly Uint8Array[]): boolean {
  return !equalBytes(textOf(known), textOf([...here, ...known]));
}

function textOf(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc();
  try {
    doc.transact(() => {
      for (const bytes of updates) Y.applyUpdate(doc, bytes);
    });
    return Y.encodeStateAsUpdate(doc);
  } finally {
    doc.destroy();
  }
}
