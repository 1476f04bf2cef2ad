import type { LogEntry, PartialReaders } from '../../shared/access/kind.ts';
import type { CommandId, MemberId, RoomId } from '../../shared/base/ids.ts';
import { encodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { Row } from '../../shared/protocol/messages.ts';
import type { RoomHead, StoredRow } from '../storage/contract.ts';
import type { Access } from './access.ts';
import type { Committed } from './commit.ts';
import type { LogRooms } from './log-rooms.ts';

/** What one commit changed in a room that some readers may know only a part of. */
export interface PartialStep {
  /** Under one key readers are told the same; empty for those who get the rows as they are. */
  keyOf(member: MemberId): string;
  /** Whether the member may know another part than before. */
  differs(member: MemberId): boolean;
  /** The row as those with this key get it. */
  row(row: StoredRow, key: string): Row;
}

export interface PartialRows {
  /** Asked once for each commit, in their order. */
  of(committed: readonly Committed[]): ReadonlyMap<RoomId, PartialStep>;
  /** The log of such a reader: one entry, in the place of the newest, that says all they may know. */
  log(member: MemberId, head: RoomHead): readonly LogEntry[];
}

/** Bytes of a change after which asking for the whole is as well. */
const mostChanged = 512 * 1024;
/** Nobody hands such a row back: no log has it. */
const noReceipt = new Uint8Array(16);
const nobody = '' as MemberId;

/** An entry that some readers alone are told: in the place of one that stands there, and without its author. */
const toldEntry = (seq: number, at: number, type: string, data: unknown): LogEntry => ({
  seq,
  id: `told-${seq}` as CommandId,
  type,
  by: nobody,
  at,
  data,
});

/**
 * Rows for readers who may know only a part of a room's state: the last one of a commit says what is different for them
 * after all of it, the others nothing. So a row tells what the state tells, and no rule is needed for each type of entry.
 */
export function createPartialRows(access: Access, logs: LogRooms): PartialRows {
  /** As it was last shown; null before the first time. */
  const shown = new Map<RoomId, { readonly head: number; readonly state: unknown }>();

  const partlyOf = (room: RoomId): PartialReaders<unknown> | undefined => {
    const kind = access.locate(room)?.kind;
    return kind?.class === 'log' ? kind.partly : undefined;
  };

  const stateAt = (room: RoomId, head: number): unknown => {
    const known = shown.get(room);
    if (known?.head === head) return known.state;
    const loaded = logs.open(room);
    return loaded.head === head ? loaded.state : logs.stateAt(room, head);
  };

  const step = (partly: PartialReaders<unknown>, room: RoomId, rows: readonly StoredRow[]): PartialStep => {
    const last = rows.at(-1)!;
    const before = stateAt(room, rows[0]!.seq);
    const after = stateAt(room, last.seq + 1);
    shown.set(room, { head: last.seq + 1, state: after });
    const told = new Map<string, unknown>();
    const tell = (key: string): unknown => {
      const [from, to] = JSON.parse(key) as [string, string];
      return partly.between(partly.shown(before, from), partly.shown(after, to));
    };
    const dataFor = (key: string): unknown => {
      if (!told.has(key)) told.set(key, tell(key));
      return told.get(key);
    };
    // Asked of everybody who is there, who are of few kinds.
    const pairs = new Map<string, Map<string, string>>();
    const pairOf = (from: string, to: string): string => {
      if (from === '' && to === '') return '';
      let byTo = pairs.get(from);
      if (!byTo) pairs.set(from, (byTo = new Map()));
      let pair = byTo.get(to);
      if (pair === undefined) byTo.set(to, (pair = JSON.stringify([from, to])));
      return pair;
    };
    // Both questions are asked of one after the other.
    let asked: { readonly of: MemberId; readonly from: string; readonly to: string } | null = null;
    const keysOf = (member: MemberId): { readonly from: string; readonly to: string } => {
      if (asked?.of === member) return asked;
      const [from, to] = [partly.keyOf(before, member), partly.keyOf(after, member)];
      asked = { of: member, from, to };
      return asked;
    };
    return {
      differs(member) {
        const { from, to } = keysOf(member);
        return from !== to;
      },
      keyOf(member) {
        const { from, to } = keysOf(member);
        return pairOf(from, to);
      },
      row({ seq, at, cursor }, key) {
        const encode = (data: unknown) => encodeLogRun(seq, [toldEntry(seq, at, partly.type, data)]);
        const all = encode(seq === last.seq ? (dataFor(key) ?? {}) : {});
        const bytes = all.length > mostChanged ? encode(partly.anew) : all;
        return { room, cursor, seq, by: nobody, at, bytes, receipt: noReceipt };
      },
    };
  };

  return {
    of(committed) {
      const steps = new Map<RoomId, PartialStep>();
      for (const { row } of committed) {
        if (steps.has(row.room)) continue;
        const partly = partlyOf(row.room);
        if (!partly) continue;
        const rows = committed.flatMap((each) => (each.row.room === row.room ? [each.row] : []));
        steps.set(row.room, step(partly, row.room, rows));
      }
      return steps;
    },
    log(member, { room, rows, at }) {
      const partly = partlyOf(room);
      if (!partly || rows === 0) return [];
      const state = stateAt(room, rows);
      const { kind } = logs.open(room);
      const data = partly.between(kind.initial, partly.shown(state, partly.keyOf(state, member)));
      return [toldEntry(rows - 1, at, partly.type, data ?? {})];
    },
  };
}
