import type { RoomId } from '../../../shared/base/ids.ts';
import type { DeviceStorage, EntryRun } from '../storage/contract.ts';
import type { Timers } from './contract.ts';

/** When whoever opened the app has what they came for. Milliseconds. */
const calmAfter = 2_000;
/** Entries that are counted at a time, and what a log costs beside its entries, in entries. */
const slice = 4_000;
const perLog = 20;
/** Between two slices. Milliseconds. */
const pause = 50;

/**
 * Looks whether logs lack entries that their records say are here, which would show holes for ever, and has such logs
 * fetched again; tells how many there were. Counting a million entries takes a while: it is done in small parts, so that
 * nobody who reads or writes waits for it.
 */
export async function mendHoles(
  { rooms }: DeviceStorage,
  timers: Timers,
  isStopped: () => boolean,
): Promise<number> {
  const rest = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void timers.after(milliseconds, resolve));
  const suspects = new Set<RoomId>();
  await rest(calmAfter);
  if (isStopped()) return 0;
  const logs = (await rooms.all()).filter(({ class: kind, from, head }) => kind === 'log' && head > from);
  for (const runs of slices(logs)) {
    if (isStopped()) return 0;
    for (const room of await rooms.lacking(runs)) suspects.add(room);
    await rest(pause);
  }
  return suspects.size > 0 ? rooms.mendHoles([...suspects]) : 0;
}

/** Runs of about `slice` entries at a time. */
function* slices(logs: readonly EntryRun[]): Generator<readonly EntryRun[]> {
  let runs: EntryRun[] = [];
  let cost = 0;
  for (const { room, from: first, head } of logs)
    for (let from = first; from < head; from += slice) {
      const to = Math.min(from + slice, head);
      runs.push({ room, from, head: to });
      cost += perLog + to - from;
      if (cost < slice) continue;
      yield runs;
      [runs, cost] = [[], 0];
    }
  if (runs.length > 0) yield runs;
}
