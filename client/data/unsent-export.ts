import { toBase64 } from 'lib0/buffer';
import * as Y from 'yjs';
import { docRoot } from '../../shared/features/docs/schema.ts';
import type { DeviceStorage } from './storage/contract.ts';

/**
 * Everything that is on this device only, as one JSON file: readable where it can be (messages, the words of documents),
 * and the exact bytes beside it, so that nothing is lost by the format.
 */
export async function exportUnsent(storage: DeviceStorage): Promise<Blob> {
  const [outbox, texts, blobs] = await Promise.all([
    storage.outbox.all(),
    storage.texts.queue(),
    storage.blobs.queue(),
  ]);
  const rooms = [...new Set(texts.map((text) => text.room))];
  const file = {
    format: 'weft-unsent-1',
    commands: outbox
      .filter((command) => command.seq === null)
      .map(({ id, room, type, data, at, failure }) => ({ id, room, type, data, at, failure })),
    texts: await Promise.all(
      rooms.map(async (room) => {
        const updates = (await storage.texts.everything(room)).map((update) => update.bytes);
        return { room, words: wordsOf(updates), updates: updates.map(toBase64) };
      }),
    ),
    pictures: await Promise.all(
      blobs.map(async ({ room, hash }) => {
        const kept = await storage.blobs.get(room, hash);
        return {
          room,
          hash,
          type: kept?.type ?? '',
          bytes: kept ? toBase64(new Uint8Array(kept.bytes)) : '',
        };
      }),
    ),
  };
  return new Blob([JSON.stringify(file, null, 2)], { type: 'application/json' });
}

/** The text of a document without its marks, a block per line. */
function wordsOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc();
  for (const bytes of updates)
    try {
      Y.applyUpdate(doc, bytes);
    } catch {
      // Unreadable pieces are in the file as bytes; the words of the others still help.
    }
  const lines: string[] = [];
  const walk = (node: Y.XmlFragment | Y.XmlElement): void => {
    for (const child of node.toArray())
      if (child instanceof Y.XmlText) lines.push(plain(child));
      else if (child instanceof Y.XmlElement) walk(child);
  };
  walk(doc.getXmlFragment(docRoot));
  doc.destroy();
  return lines.join('\n');
}

const plain = (text: Y.XmlText): string =>
  (text.toDelta() as { insert: unknown }[])
    .map(({ insert }) => (typeof insert === 'string' ? insert : ''))
    .join('');
