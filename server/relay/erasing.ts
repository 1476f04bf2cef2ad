import type { ErasingRules, LogEntry } from '../../shared/access/kind.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { Erasure, RelayStore } from '../storage/contract.ts';
import type { FindEntry } from './access.ts';
import { entriesOf, type LogRoom, type LogRooms } from './log-rooms.ts';
import type { Receipts } from './receipts.ts';

/** An entry as it is stored, and what goes with it. */
export interface Stored {
  readonly entry: LogEntry;
  /** What it takes back. */
  readonly erasure: Erasure | null;
}

/** Content that its author takes back (`kind.erasing`): put out of what is stored, and not taken in again. */
export interface Erasing {
  asStored(log: LogRoom, entry: LogEntry): Stored;
  /** Somebody else has an entry of this id, and what is said of that one must not be said of theirs. */
  isTaken(log: LogRoom, entry: Pick<LogEntry, 'id' | 'type' | 'by'>): boolean;
}

export interface ErasingDeps {
  readonly store: RelayStore;
  readonly logs: LogRooms;
  readonly find: FindEntry;
  readonly receipts: Receipts;
  /** What is known from outside the store to have been taken back. */
  revoked(room: RoomId): readonly { readonly entry: LogEntry }[];
}

/** Entries that devices are given proof of, the message among them: who edits one more often may lose a version in a restore. */
const mostProofs = 500;

export function createErasing({ store, logs, find, receipts, revoked }: ErasingDeps): Erasing {
  const wasRestored = store.epochs.length > 0;

  /** Entries with that name as they are to be stored: what waits replaces what is there. */
  const naming = (log: LogRoom, name: string): LogEntry[] => {
    const found = new Map<number, LogEntry>();
    for (const seq of store.naming(log.room, name))
      for (const entry of entriesOf(store.rowsFrom(log.room, seq, 1))) found.set(entry.seq, entry);
    for (const entry of logs.naming(log.room, name)) found.set(entry.seq, entry);
    return [...found.values()].map((entry) => {
      const waiting = logs.waiting(log.room, entry.id);
      return waiting?.seq === entry.seq ? waiting : entry;
    });
  };

  /** Whether its content, or that of the entry it adds to, was taken back before it came: in this history or in a lost one. */
  const isTakenBack = (log: LogRoom, rules: ErasingRules, entry: LogEntry): boolean => {
    const about = rules.about(entry)?.id;
    // Of what a device sends the first time nothing was taken back yet.
    const id = about ?? (wasRestored && rules.isUnique(entry) ? entry.id : null);
    if (!id) return false;
    const takesItBack = (other: LogEntry): boolean =>
      other.by === entry.by && rules.takesBack(other) && rules.about(other)?.id === id;
    return (
      naming(log, id).some(takesItBack) ||
      (wasRestored && revoked(log.room).some((outside) => takesItBack(outside.entry)))
    );
  };

  const takeBack = (log: LogRoom, rules: ErasingRules, entry: LogEntry): Stored => {
    const at = rules.about(entry);
    const said = at && find(log.room, at);
    if (!said || said.by !== entry.by) return { entry: rules.withProof(entry, []), erasure: null };
    const added = naming(log, said.id).filter(
      (other) => other.by === said.by && other.seq !== said.seq && rules.about(other)?.id === said.id,
    );
    const rows = [said, ...added].flatMap((before) => {
      const left = rules.emptied(before);
      if (left === before) return [];
      logs.replace(log.room, left);
      const { seq, by, at: time } = left;
      const bytes = encodeLogRun(seq, [left]);
      const { receipt } = receipts.seal({ room: log.room, cursor: 0, seq, by, at: time, bytes });
      return [{ seq, bytes, files: rules.files(before), receipt: Buffer.from(receipt).toString('base64') }];
    });
    const newest = [...rows.slice(0, 1), ...rows.slice(1).slice(1 - mostProofs)];
    const without = (state: unknown): unknown => rules.without(state, said.id);
    return {
      entry: rules.withProof(
        entry,
        newest.map(({ seq, receipt }) => ({ seq, receipt })),
      ),
      erasure: { room: log.room, rows, id: said.id, without },
    };
  };

  return {
    asStored(log, entry) {
      const rules = log.kind.erasing as ErasingRules | undefined;
      if (!rules) return { entry, erasure: null };
      if (rules.takesBack(entry)) return takeBack(log, rules, entry);
      return { entry: isTakenBack(log, rules, entry) ? rules.emptied(entry) : entry, erasure: null };
    },
    isTaken(log, entry) {
      const rules = log.kind.erasing as ErasingRules | undefined;
      if (!rules?.isUnique(entry)) return false;
      return naming(log, entry.id).some(
        (other) => other.id === entry.id && other.by !== entry.by && rules.isUnique(other),
      );
    },
  };
}
