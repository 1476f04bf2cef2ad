import * as Y from 'yjs';
import { limits } from '../../../shared/protocol/limits.ts';

/** Small updates at once cost the square of their number; in groups they do not. */
const group = 100;

/** Whether bytes that lay on this device are still an update: disks and other programs change them. */
export function isReadable(bytes: Uint8Array): boolean {
  try {
    Y.decodeUpdate(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Up to which clock (exclusive) updates reach, by client id; what cannot be read is left out. */
export function ends(updates: readonly Uint8Array[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const bytes of updates.filter(isReadable))
    for (const [client, end] of Y.parseUpdateMeta(bytes).to)
      found.set(client, Math.max(found.get(client) ?? 0, end));
  return found;
}

/**
 * Merges updates of one document, in a tree. One update comes back as it is.
 * @throws when one of them cannot be read, or the list is empty
 */
export function mergeInTree(updates: readonly Uint8Array[]): Uint8Array {
  let layer = updates;
  while (layer.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < layer.length; i += group) {
      const slice = layer.slice(i, i + group);
      next.push(slice.length === 1 ? slice[0]! : Y.mergeUpdates(slice));
    }
    layer = next;
  }
  const [merged] = layer;
  if (!merged) throw new Error('nothing to merge');
  return merged;
}

/** Changes are put together only as far as this, well below what the relay takes as one. Bytes. */
export const mergeUpTo = limits.update / 2;

/** The first updates that are together no larger than `most` bytes; at least one, if there is any. */
export function upTo(updates: readonly Uint8Array[], most: number): Uint8Array[] {
  let size = 0;
  const end = updates.findIndex((update, i) => (size += update.length) > most && i > 0);
  return updates.slice(0, end === -1 ? updates.length : end);
}
