import type { LogEntry } from '../../shared/access/kind.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import { devicesOf, isFact } from './appending.ts';
import { entriesOf, type LogRoom } from './log-rooms.ts';
import type { Made, Place, Places } from './places.ts';

/** What a log room has since the oldest restore: so that nothing is taken back twice, nor rights that are gone. */
export interface LostEntries {
  /** Reads on in the log, where only that tells whether the entry is known; true while there is more to read. */
  readsOn(log: LogRoom, entry: LogEntry): boolean;
  isKnown(log: LogRoom, entry: LogEntry): boolean;
  /** Entries that took something away since then. */
  revoking(log: LogRoom): readonly Made[];
  /** The entry at that place of the room, and where it was made; null when there is none. */
  made(log: LogRoom, seq: number): Made | null;
  /** The entry has just been appended to the room; what it says was made at its place. */
  appended(log: LogRoom, made: Made): void;
  /** What was appended is not stored. */
  forget(room: RoomId): void;
}

interface Known {
  /** Where the entries begin that another epoch may have elsewhere, or not at all. */
  readonly from: number;
  /** Up to where the log was read. */
  upTo: number;
  readonly ids: Set<string>;
  /** Those before `from`, as far as they were read: to here. */
  readonly earlier: Set<string>;
  earlierTo: number;
  readonly revoking: Made[];
  /** By seq, what was asked for. */
  readonly made: Map<number, Made>;
}

/** Entries that are remembered by id, of all rooms together. */
const mostRemembered = 500_000;
const all = 2 ** 31;
/** Entries that are read at once of what may be long. */
const part = 256;

/** A command's id is its device's, which draws it once; a fact's says its place and epoch. */
const identity = ({ by, id }: LogEntry): string => `${by} ${id}`;

export function createLostEntries(store: RelayStore, places: Places, flush: () => void): LostEntries {
  const lowestUntil = Math.min(...store.epochs.map(({ until }) => until));
  const rooms = new Map<RoomId, Known>();
  let remembered = 0;

  const note = (log: LogRoom, known: Known, entry: LogEntry, placeOf: () => Place | null): void => {
    known.ids.add(identity(entry));
    if (Object.hasOwn(log.kind.revoking, entry.type)) known.revoking.push({ entry, place: placeOf() });
    known.upTo = entry.seq + 1;
    remembered++;
  };

  /** Read from the store: what was handed back before has its answer kept for its author, and stood elsewhere once. */
  const placeIn = (row: StoredRow, entry: LogEntry): Place | null => {
    if (isFact(entry)) return places.ofFact(entry);
    return store.settled(devicesOf(entry.by), entry.id) === null ? places.ofRow(row) : null;
  };

  const noteRows = (log: LogRoom, known: Known, rows: readonly StoredRow[]): void => {
    for (const row of rows)
      for (const entry of entriesOf([row])) note(log, known, entry, () => placeIn(row, entry));
  };

  const forget = (room: RoomId): void => {
    const known = rooms.get(room);
    remembered -= (known?.ids.size ?? 0) + (known?.earlier.size ?? 0);
    rooms.delete(room);
  };

  const of = (log: LogRoom): Known => {
    let known = rooms.get(log.room);
    if (known && known.upTo > log.head) {
      forget(log.room);
      known = undefined;
    }
    if (known?.upTo === log.head) return known;
    // What is queued is read like everything else.
    flush();
    if (!known) {
      for (const room of rooms.keys()) {
        if (remembered < mostRemembered) break;
        forget(room);
      }
      const since = store.rowsAfter(log.room, lowestUntil);
      const from = since[0]?.seq ?? log.head;
      known = {
        from,
        upTo: from,
        ids: new Set(),
        earlier: new Set(),
        earlierTo: 0,
        revoking: [],
        made: new Map(),
      };
      rooms.set(log.room, known);
      noteRows(log, known, since);
      return known;
    }
    noteRows(log, known, store.rowsFrom(log.room, known.upTo, all));
    return known;
  };

  const isAt = (log: LogRoom, seq: number, entry: LogEntry): boolean =>
    entriesOf(store.rowsFrom(log.room, seq, 1)).some((there) => identity(there) === identity(entry));

  const isFound = (log: LogRoom, { from, ids, earlier }: Known, entry: LogEntry): boolean =>
    ids.has(identity(entry)) ||
    earlier.has(identity(entry)) ||
    (entry.seq < from && isAt(log, entry.seq, entry));

  /** It may have been brought from another place than its own: from a history that this relay does not go on from. */
  const readsOn = (log: LogRoom, entry: LogEntry): boolean => {
    const known = of(log);
    const { from, earlier, earlierTo } = known;
    if (earlierTo >= from || isFound(log, known, entry)) return false;
    const before = earlier.size;
    for (const each of entriesOf(store.rowsFrom(log.room, earlierTo, Math.min(part, from - earlierTo))))
      earlier.add(identity(each));
    known.earlierTo += part;
    remembered += earlier.size - before;
    return true;
  };

  return {
    readsOn,
    isKnown(log, entry) {
      while (readsOn(log, entry));
      return isFound(log, of(log), entry);
    },
    revoking: (log) => of(log).revoking,
    made(log, seq) {
      const { made } = of(log);
      const known = made.get(seq);
      if (known) return known;
      // What is queued is found like everything else.
      if (store.rowsFrom(log.room, seq, 1).length === 0 && seq < log.head) flush();
      const [row] = store.rowsFrom(log.room, seq, 1);
      const [entry] = row ? entriesOf([row]) : [];
      if (!row || !entry) return null;
      const found = { entry, place: placeIn(row, entry) };
      made.set(seq, found);
      return found;
    },
    appended(log, { entry, place }) {
      const known = rooms.get(log.room);
      if (known?.upTo === entry.seq) note(log, known, entry, () => place);
    },
    forget,
  };
}
