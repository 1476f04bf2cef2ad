import type { LogEntry } from '../../../shared/access/kind.ts';
import type { MemberId, RoomId } from '../../../shared/base/ids.ts';
import type { AnyLogKind } from '../../../shared/documents/registry.ts';
import type { OutboxRecord, RoomRecord } from '../storage/contract.ts';

export type Records = ReadonlyMap<RoomId, RoomRecord>;
export type CommandsByRoom = ReadonlyMap<RoomId, readonly OutboxRecord[]>;

export function groupByRoom(outbox: readonly OutboxRecord[]): CommandsByRoom {
  const groups = new Map<RoomId, OutboxRecord[]>();
  for (const record of outbox) {
    const group = groups.get(record.room);
    if (group) group.push(record);
    else groups.set(record.room, [record]);
  }
  return groups;
}

/** An own command as the entry it will be, if nobody comes in between. */
export const entryOf = (command: OutboxRecord, seq: number, me: MemberId): LogEntry => ({
  seq,
  id: command.id,
  type: command.type,
  by: me,
  at: command.at,
  data: command.data,
});

/** Commands that are neither refused nor among the entries already. */
export const underWay = (
  commands: readonly OutboxRecord[] | undefined,
  head: number,
): readonly OutboxRecord[] =>
  commands?.filter((command) => !command.failure && (command.seq === null || command.seq >= head)) ?? [];

/** The state of a log as this person sees it: with their own commands that the relay has not answered. */
export function overlaidState(
  kind: AnyLogKind,
  record: RoomRecord | undefined,
  commands: readonly OutboxRecord[] | undefined,
  me: MemberId,
): unknown {
  const state = record?.state ?? kind.initial;
  const head = record?.head ?? 0;
  const mine = underWay(commands, head);
  if (mine.length === 0) return state;
  return kind.fold(
    state,
    mine.map((command, i) => entryOf(command, head + i, me)),
  );
}
