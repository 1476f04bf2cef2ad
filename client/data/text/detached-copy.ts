import * as Y from 'yjs';
import type { RoomId } from '../../../shared/base/ids.ts';
import type { DeviceStorage } from '../storage/contract.ts';

/** A document of its own with what this device holds of a text. */
export async function detachedCopy(texts: DeviceStorage['texts'], room: RoomId): Promise<Y.Doc> {
  const { updates } = await texts.read(room);
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const { bytes } of updates) Y.applyUpdate(doc, bytes);
  });
  return doc;
}
