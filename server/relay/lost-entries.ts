import type { LogEntry } from '../../shared/access/kind.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import type { RelayStore, StoredRow } from '../storage/contract.ts';
import { devicesOf, isFact } from './appending.ts';
import { entriesOf, type LogRoom } from './log-rooms.ts';
import type { Made, Place, Places } from './places.ts';

/** What a log room has since the oldest restore: so that nothing is taken back twice, nor rights that are gone. */
export interface LostEntries {
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
  /** Those before `from`; null until one is looked for. */
  earlier: Set<string> | null;
  readonly revoking: Made[];
  /** By seq, what was asked for. */
  readonly made: Map<number, Made>;
}

/** Entries that are remembered by id, of all rooms together. */
const mostRemembered = 500_000;
const all = 2 ** 31;

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
    remembered -= (known?.ids.size ?? 0) + (known?.earlier?.size ?? 0);
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
      rooms.set(
        log.room,
        (known = { from, upTo: from, ids: new Set(), earlier: null, revoking: [], made: new Map() }),
      );
      noteRows(log, known, since);
      return known;
    }
    noteRows(log, known, store.rowsFrom(log.room, known.upTo, all));
    return known;
  };

  /** It may have been brought from another place than its own: from a history that this relay does not go on from. */
  const isEarlier = (log: LogRoom, known: Known, entry: LogEntry): boolean => {
    if (!known.earlier) {
      known.earlier = new Set(entriesOf(store.rowsFrom(log.room, 0, known.from)).map(identity));
      remembered += known.earlier.size;
    }
    return known.earlier.has(identity(entry));
  };

  return {
    isKnown(log, entry) {
      const known = of(log);
      if (known.ids.has(identity(entry))) return true;
      if (entry.seq < known.from) {
        const [there] = entriesOf(store.rowsFrom(log.room, entry.seq, 1));
        if (there && identity(there) === identity(entry)) return true;
      }
      return isEarlier(log, known, entry);
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
