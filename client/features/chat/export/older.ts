import type { ChatRow, WorkspaceData } from '../../../data/api.ts';
import type { Failure } from '../../../../shared/base/errors.ts';

const atOnce = 500;
/** Entries that stay in memory on the way: they are on the disk. */
const kept = 100;

/** Brings what is only on the relay to this device; resolves to why it did not, or null. */
export async function fetchOlder(
  data: WorkspaceData,
  row: Pick<ChatRow, 'room'>,
  signal: AbortSignal,
  onprogress: (toGo: number) => void,
): Promise<Failure | null> {
  const view = data.openLog(row.room);
  try {
    // The first look at the newest ones.
    await view.loadOlder(1);
    while (!view.complete && !signal.aborted) {
      const before = view.entries[0]?.seq ?? 0;
      await view.loadOlder(atOnce);
      const now = view.entries[0]?.seq ?? 0;
      if (now >= before) return view.olderFailure;
      view.keep(now, now + kept);
      onprogress(now);
    }
    return null;
  } finally {
    view.close();
  }
}
