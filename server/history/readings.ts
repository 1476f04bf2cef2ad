import type { RoomId } from '../../shared/base/ids.ts';
import type { Checkpoint, HistoryStore } from '../storage/history-contract.ts';
import { DamagedBytes, pack } from './packs.ts';
import type { WorkshopCalls } from './workshop.ts';

/** Rows and bytes read from the disk in one go. */
const rowsAtOnce = 256;
const bytesAtOnce = 256 * 1024;

/** Lets others have their turn; everything long is cut into pieces by it. */
export type Pause = () => Promise<void>;

/** Hands the rows of a room from a position up to one, both with, to `take`. */
export async function readRows(
  store: HistoryStore,
  room: RoomId,
  fromSeq: number,
  upToSeq: number,
  pause: Pause,
  take: (rows: ReturnType<typeof pack>) => Promise<void>,
): Promise<void> {
  for (let from = fromSeq; from <= upToSeq;) {
    const rows = store.rawRows(room, from, upToSeq, rowsAtOnce, bytesAtOnce);
    if (rows.length === 0) return;
    from = rows.at(-1)!.seq + 1;
    await take(pack(rows));
    await pause();
  }
}

/**
 * Brings a text up to a position into the workshop, from its checkpoint where that is not behind it. Returns that
 * checkpoint. A damaged one only costs time.
 */
export async function readText(
  store: HistoryStore,
  room: RoomId,
  upToSeq: number,
  calls: WorkshopCalls,
  pause: Pause,
): Promise<Checkpoint | null> {
  const checkpoint = store.checkpoint(room);
  const useful = checkpoint && checkpoint.seq <= upToSeq ? checkpoint : null;
  const from = useful && (await readCheckpoint(store, room, useful, calls, pause)) ? useful.seq + 1 : 0;
  await readRows(store, room, from, upToSeq, pause, calls.apply);
  return checkpoint;
}

async function readCheckpoint(
  store: HistoryStore,
  room: RoomId,
  { cursor, parts }: Checkpoint,
  calls: WorkshopCalls,
  pause: Pause,
): Promise<boolean> {
  try {
    for (let i = 0; i < parts; i++) {
      const part = store.part(room, cursor, i);
      if (!part) throw new DamagedBytes('a part of a checkpoint is missing');
      await calls.takePart(pack([part]));
      await pause();
    }
    await calls.applyParts();
    return true;
  } catch (error) {
    if (!(error instanceof DamagedBytes)) throw error;
    await calls.clear();
    return false;
  }
}
