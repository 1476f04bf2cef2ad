import { existsSync, readFileSync } from 'node:fs';

const headerSize = 32;
const frameHeaderSize = 24;
/** The last bit says in which byte order the sums are computed. */
const magic = 0x377f0682;

/** In a page that every commit writes which is synced before anybody is answered. */
export const syncedMark = 'weft: this commit is synced before anybody is answered';
const isSynced = (frame: Uint8Array): boolean =>
  Buffer.from(frame.buffer, frame.byteOffset, frame.length).includes(syncedMark);

type Sum = readonly [number, number];

function addTo([first, second]: Sum, view: DataView, from: number, to: number, little: boolean): Sum {
  for (let at = from; at < to; at += 8) {
    first = (first + view.getUint32(at, little) + second) >>> 0;
    second = (second + view.getUint32(at + 4, little) + first) >>> 0;
  }
  return [first, second];
}

const isAt = (view: DataView, at: number, [first, second]: Sum): boolean =>
  view.getUint32(at) === first && view.getUint32(at + 4) === second;

/**
 * Synced commits in a write-ahead log of SQLite that lie behind its first damaged frame. SQLite takes such a frame for
 * the end, as it must after a power cut, where at most one of them had begun: so two are proof that stored work cannot be
 * read. Others, which nobody was told of, may be missing in any number.
 */
export function commitsBehindDamage(log: Uint8Array): number {
  if (log.length < headerSize + frameHeaderSize) return 0;
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const isMagic = (view.getUint32(0) & ~1) === magic;
  const little = (view.getUint32(0) & 1) === 0;
  let sum = addTo([0, 0], view, 0, 24, little);
  // Without a sound header nothing is known of the frames; a header that was never written is no damage.
  if (!isMagic || !isAt(view, 24, sum))
    return log.subarray(0, headerSize).some((byte) => byte !== 0) ? Infinity : 0;
  const page = view.getUint32(8);
  let isDamaged = false;
  let behind = 0;
  for (let at = headerSize; at + frameHeaderSize + page <= log.length; at += frameHeaderSize + page) {
    // Frames of an earlier round have other salts: everything from there on is in the database.
    const isOfThisRound =
      view.getUint32(at + 8) === view.getUint32(16) && view.getUint32(at + 12) === view.getUint32(20);
    if (!isDamaged) {
      sum = addTo(sum, view, at, at + 8, little);
      sum = addTo(sum, view, at + frameHeaderSize, at + frameHeaderSize + page, little);
      isDamaged = !isOfThisRound || !isAt(view, at + 16, sum);
    }
    if (isDamaged && isOfThisRound && isSynced(log.subarray(at, at + frameHeaderSize + page))) behind++;
  }
  return behind;
}

/** What of a log's durable commits cannot be read, as a part of a sentence; null when all can be. */
export function logDamage(path: string): string | null {
  const behind = existsSync(path) ? commitsBehindDamage(readFileSync(path)) : 0;
  if (behind < 2) return null;
  const many = behind === Infinity ? 'what it holds' : `${behind} commits behind the damage`;
  return `its write-ahead log is damaged, ${many} cannot be read`;
}
