import { existsSync, readFileSync } from 'node:fs';

const headerSize = 32;
const frameHeaderSize = 24;
/** The last bit says in which byte order the sums are computed. */
const magic = 0x377f0682;

/** In a page that only commits write before which every other that wrote it is synced. */
export const syncedMark = 'weft: this commit is synced before anybody is answered';

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

/** The number of the page with the mark, as any frame says that has it; 0 when none has. */
function markedPage(log: Uint8Array, view: DataView, frame: number): number {
  const found = Buffer.from(log.buffer, log.byteOffset, log.length).indexOf(syncedMark, headerSize);
  return found === -1 ? 0 : view.getUint32(found - ((found - headerSize) % frame));
}

/**
 * Commits with the mark in a write-ahead log of SQLite that its first damaged frame belongs to or that lie behind it.
 * SQLite takes such a frame for the end, as it must after a power cut, which at most one of them was not synced before: so
 * two are proof that stored work cannot be read. Others, which nobody was answered, may be missing in any number.
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
  const frame = frameHeaderSize + page;
  const marked = markedPage(log, view, frame);
  let isDamaged = false;
  /** Whether the commit that is being read has the mark. */
  let hasMark = false;
  let lost = 0;
  for (let at = headerSize; at + frame <= log.length; at += frame) {
    // Frames of an earlier round have other salts: all they say is in the database, the mark is none of this round.
    const salts = [16, 20].filter((salt) => view.getUint32(at + salt - 8) === view.getUint32(salt)).length;
    const isOfThisRound = salts === 2;
    const isMarked = salts > 0 && view.getUint32(at) === marked;
    if (isDamaged) {
      if (isOfThisRound && isMarked) lost++;
    } else {
      hasMark ||= isMarked;
      sum = addTo(sum, view, at, at + 8, little);
      sum = addTo(sum, view, at + frameHeaderSize, at + frameHeaderSize + page, little);
      isDamaged = !isOfThisRound || !isAt(view, at + 16, sum);
      if (isDamaged && hasMark) lost++;
      // The last frame of a commit says how long the database is.
      if (view.getUint32(at + 4) > 0) hasMark = false;
    }
  }
  return lost;
}

/** What of a log's durable commits cannot be read, as a part of a sentence; null when all can be. */
export function logDamage(path: string): string | null {
  const behind = existsSync(path) ? commitsBehindDamage(readFileSync(path)) : 0;
  if (behind < 2) return null;
  const many = behind === Infinity ? 'what it holds' : `${behind} commits`;
  return `its write-ahead log is damaged, ${many} cannot be read`;
}
