import type { Actor } from '../../../shared/access/actor.ts';
import { failure } from '../../../shared/base/errors.ts';
import type { CommandId, RoomId } from '../../../shared/base/ids.ts';
import { judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { FailureError } from '../failure-error.ts';
import type { OutboxRecord } from '../storage/contract.ts';

export type NewCommand = Pick<OutboxRecord, 'id' | 'room' | 'type' | 'data' | 'at'>;

/**
 * Commands of one room as they are queued, each judged as if those before it had been taken; without those that have
 * nothing left to do. Throws `FailureError` at the first that is refused.
 */
export function judgeAll(
  actor: Actor,
  room: RoomId,
  resource: Resource | null,
  commands: readonly { id: CommandId; type: string; data: unknown }[],
  at: number,
): NewCommand[] {
  if (resource?.kind.class !== 'log')
    throw new FailureError(failure('room-not-found', 'no such kind of room'));
  const { kind } = resource;
  let { state } = resource;
  const records: NewCommand[] = [];
  for (const { id, type, data } of JSON.parse(JSON.stringify(commands)) as typeof commands) {
    const governing = kind.part === kind.governedBy ? state : resource.governing;
    // They speak of each other, which only the relay can look up.
    const judged = judgeCommand(actor, type, data, {
      ...resource,
      state,
      governing,
      entry: () => undefined,
    });
    if (!judged.ok) throw new FailureError(judged.error);
    const record = { id, room, type, data: judged.value.data, at };
    if (!judged.value.done) records.push(record);
    state = kind.fold(state, [{ ...record, seq: 0, by: actor.member }]);
  }
  return records;
}
