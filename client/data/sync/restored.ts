import * as Y from 'yjs';
import { mergeInTree } from '../text/merge.ts';

/**
 * After the relay was restored from an older backup: what of the own writing (`own` client ids) the relay had and lost,
 * as one update; null when it has everything. Other people's part comes back from their own devices.
 */
export function ownPartMissing(
  here: readonly Uint8Array[],
  onRelay: readonly Uint8Array[],
  own: ReadonlySet<number>,
): Uint8Array | null {
  if (here.length === 0) return null;
  const all = mergeInTree(here);
  const clocks = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(all));
  const theirs =
    onRelay.length > 0
      ? Y.decodeStateVector(Y.encodeStateVectorFromUpdate(mergeInTree(onRelay)))
      : new Map<number, number>();
  let missing = false;
  for (const [client, clock] of clocks) {
    const known = theirs.get(client) ?? 0;
    if (!own.has(client) || known >= clock) continue;
    clocks.set(client, known);
    missing = true;
  }
  return missing ? Y.diffUpdate(all, Y.encodeStateVector(clocks)) : null;
}
