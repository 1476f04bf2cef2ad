import { namesOf } from '../../shared/access/erasing.ts';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { CommandId, RoomId } from '../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../shared/documents/registry.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { RoomName } from '../../shared/protocol/rooms.ts';
import { emptyBatch, type RelayStore, type StoredRow } from '../storage/contract.ts';

/** A log room as judged on: what is stored and what is queued to be. */
export interface LogRoom {
  readonly room: RoomId;
  readonly name: RoomName;
  readonly kind: AnyLogKind;
  /** Number of entries: the next seq. */
  readonly head: number;
  readonly state: unknown;
}

/** A reduced state is kept every so many entries, so that nobody folds a long log from its start. */
export const baseEvery = 256;
/** Entries since the last kept state that are quickly folded anew. */
const worthKeeping = 32;
/** Reduced states kept in memory. */
const mostLoaded = 20_000;
const all = 2 ** 31;

export const entriesOf = (rows: readonly StoredRow[]): LogEntry[] =>
  rows.flatMap((row) => decodeLogRun(row.bytes));

export interface LogRooms {
  /** @throws for a room that is not a log */
  open(room: RoomId): LogRoom;
  /** Whether `open` costs nothing. */
  isLoaded(room: RoomId): boolean;
  /** An entry that was counted on, or emptied, and is not stored so yet. */
  waiting(room: RoomId, id: CommandId): LogEntry | null;
  /** Entries that were counted on and have this name. */
  naming(room: RoomId, name: string): readonly LogEntry[];
  /** Counts on an entry having other content in its place. */
  replace(room: RoomId, entry: LogEntry): void;
  /** Counts on an entry that is about to be stored. Returns the room after it. */
  append(before: LogRoom, entry: LogEntry): LogRoom;
  /** Forgets what was counted on; the next `open` reads the store. */
  forget(room: RoomId): void;
  /** Everything appended is stored now: keeps bases, and bounds the memory. */
  stored(): void;
  /** Keeps the states of what is loaded, for who asks first after a restart. */
  keepAll(): void;
  /** The reduced state of the first `seq` entries. */
  stateAt(room: RoomId, seq: number): unknown;
}

/** Entries that are not stored yet, and by their names. */
interface Counted {
  readonly entries: Map<CommandId, LogEntry>;
  readonly named: Map<string, LogEntry[]>;
}

export function createLogRooms(store: RelayStore): LogRooms {
  const loaded = new Map<RoomId, LogRoom>();
  const counted = new Map<RoomId, Counted>();
  let bases: LogRoom[] = [];

  const trim = (): void => {
    for (const room of loaded.keys()) {
      if (loaded.size <= mostLoaded) break;
      if (!counted.has(room)) loaded.delete(room);
    }
  };

  const kindOf = (room: RoomId): Pick<LogRoom, 'name' | 'kind'> => {
    const found = findRoom(room);
    if (found?.kind.class !== 'log') throw new Error(`not a log room: ${room}`);
    return { name: found.name, kind: found.kind };
  };

  const load = (room: RoomId, upTo: number): LogRoom => {
    const { name, kind } = kindOf(room);
    const base = store.base(room, upTo);
    const from = base?.seq ?? 0;
    const entries = entriesOf(store.rowsFrom(room, from, Math.min(upTo - from, all)));
    const state = kind.fold(base ? base.state : kind.initial, entries);
    return { room, name, kind, head: from + entries.length, state };
  };

  const countedIn = (room: RoomId): Counted => {
    let found = counted.get(room);
    if (!found) counted.set(room, (found = { entries: new Map(), named: new Map() }));
    return found;
  };

  return {
    open(room) {
      let found = loaded.get(room);
      if (found) return found;
      found = load(room, Number.MAX_SAFE_INTEGER);
      // Names of rooms that do not exist are asked about without end.
      if (found.head === 0) return found;
      loaded.set(room, found);
      if (loaded.size > 2 * mostLoaded) trim();
      return found;
    },
    isLoaded: (room) => loaded.has(room),
    waiting: (room, id) => counted.get(room)?.entries.get(id) ?? null,
    naming: (room, name) => counted.get(room)?.named.get(name) ?? [],
    replace(room, entry) {
      const { entries, named } = countedIn(room);
      entries.set(entry.id, entry);
      for (const [name, all] of named)
        named.set(
          name,
          all.map((each) => (each.seq === entry.seq ? entry : each)),
        );
      const { erasing } = kindOf(room).kind;
      bases = bases.map((base) =>
        base.room === room && erasing
          ? { ...base, state: erasing.without(base.state as never, entry.id) }
          : base,
      );
    },
    append(before, entry) {
      const state = before.kind.fold(before.state, [entry]);
      const after: LogRoom = { ...before, head: before.head + 1, state };
      // Set anew, so that the map's order is by last change.
      loaded.delete(before.room);
      loaded.set(before.room, after);
      const { entries, named } = countedIn(before.room);
      entries.set(entry.id, entry);
      const { erasing } = before.kind;
      for (const name of erasing ? namesOf(erasing, entry) : [])
        named.set(name, [...(named.get(name) ?? []), entry]);
      if (after.head % baseEvery === 0) bases.push(after);
      return after;
    },
    forget(room) {
      loaded.delete(room);
      counted.delete(room);
      bases = bases.filter((base) => base.room !== room);
    },
    stored() {
      counted.clear();
      trim();
      const due = bases;
      bases = [];
      for (const { room, head, state } of due) store.saveBase(room, head, state);
    },
    keepAll() {
      const due = [...loaded.values()].filter(({ head }) => head % baseEvery >= worthKeeping);
      // One commit for all of them.
      const also = due.map(
        ({ room, head, state }) =>
          () =>
            store.saveBase(room, head, state),
      );
      if (also.length > 0) store.commit({ ...emptyBatch, also });
    },
    stateAt: (room, seq) => load(room, seq).state,
  };
}
