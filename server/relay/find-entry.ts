import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import type { RelayStore } from '../storage/contract.ts';
import type { FindEntry } from './access.ts';
import { entriesOf, type LogRooms } from './log-rooms.ts';

/** Entries of one room that may stand elsewhere than they did before a restore, by id. */
interface Moved {
  upTo: number;
  readonly seqs: Map<CommandId, number>;
}

/** Entries that are remembered by id, of all rooms together. */
const mostRemembered = 200_000;
const all = 2 ** 31;

/**
 * Finds the entry that a command speaks of: where the command says, among what is queued to be stored, where a command of
 * the same device was put (it cannot know that while it is offline), or, on a relay that was restored, among what came
 * since. It never reads a whole log, since anybody can ask for what is not there.
 */
export function createFindEntry(store: RelayStore, logs: LogRooms): FindEntry {
  const wasRestored = store.epochs.length > 0;
  const restoredAt = Math.min(...store.epochs.map(({ until }) => until));
  const rooms = new Map<RoomId, Moved>();
  let remembered = 0;

  const at = (room: RoomId, seq: number, id: CommandId): LogEntry | null =>
    entriesOf(store.rowsFrom(room, seq, 1)).find((entry) => entry.id === id) ?? null;

  const movedTo = (room: RoomId, id: CommandId): number | null => {
    let moved = rooms.get(room);
    if (!moved) {
      if (remembered > mostRemembered) {
        rooms.clear();
        remembered = 0;
      }
      const [first] = store.rowsAfter(room, restoredAt);
      moved = { upTo: first?.seq ?? logs.open(room).head, seqs: new Map() };
      rooms.set(room, moved);
    }
    for (const entry of entriesOf(store.rowsFrom(room, moved.upTo, all))) {
      moved.seqs.set(entry.id, entry.seq);
      moved.upTo = entry.seq + 1;
      remembered++;
    }
    return moved.seqs.get(id) ?? null;
  };

  return (room, { seq, id }, device) => {
    const found = logs.waiting(room, id) ?? at(room, seq, id);
    if (found) return found;
    const settled = device === undefined ? null : store.settled(device, id);
    if (settled && settled !== 'damaged' && settled.ok && settled.seq !== null)
      return at(room, settled.seq, id);
    const moved = wasRestored ? movedTo(room, id) : null;
    return moved === null ? null : at(room, moved, id);
  };
}
