import { toBase64 } from 'lib0/buffer';
import { findRoom } from '../../shared/documents/registry.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { DeviceStorage, StoredUpdate } from './storage/contract.ts';
import { isReadable } from './text/merge.ts';
import { ownWords } from './text/own-words.ts';

const bytesOf = ({ bytes }: StoredUpdate): Uint8Array => bytes;

/** Larger files are only named: they were chosen from a disk, where they still are. Bytes. */
const largestInExport = 25 * 1024 * 1024;

/**
 * Everything that is on this device only, as one JSON file: readable where it can be (messages, the words written in
 * documents), and the exact bytes beside it, so that nothing is lost by the format. `lost` is what a restored relay has
 * lost and did not take back, whoever wrote it.
 */
export async function exportUnsent(storage: DeviceStorage): Promise<Blob> {
  const [outbox, texts, blobs, owed] = await Promise.all([
    storage.outbox.all(),
    storage.texts.queue(),
    storage.blobs.queue(),
    storage.journal.owed(),
  ]);
  const rooms = [...new Set(texts.map((text) => text.room))];
  const file = {
    format: 'weft-unsent-1',
    commands: outbox
      .filter((command) => command.seq === null)
      .map(({ id, room, type, data, at, failure }) => ({ id, room, type, data, at, failure })),
    texts: await Promise.all(
      rooms.map(async (room) => {
        const all = await storage.texts.everything(room);
        const own = all.filter((update) => update.unsent);
        const noted = own.flatMap((update) => update.words ?? []);
        return {
          room,
          words: noted.length > 0 ? noted.join('\n') : ownWords(all.map(bytesOf), own.map(bytesOf)),
          updates: own.map((update) => toBase64(update.bytes)),
        };
      }),
    ),
    pictures: await Promise.all(
      blobs.map(async ({ room, hash, name, size }) => {
        const kept = size <= largestInExport ? await storage.blobs.get(room, hash) : null;
        const bytes = await kept?.bytes?.arrayBuffer();
        return {
          room,
          hash,
          name,
          size,
          type: kept?.type ?? '',
          bytes: bytes ? toBase64(new Uint8Array(bytes)) : '',
        };
      }),
    ),
    lost: owed.map(({ room, by, at, bytes, failure }) => ({
      room,
      by,
      at,
      failure,
      entries: findRoom(room)?.kind.class === 'log' && isReadable(bytes) ? decodeLogRun(bytes) : [],
      bytes: toBase64(bytes),
    })),
  };
  return new Blob([JSON.stringify(file, null, 2)], { type: 'application/json' });
}
