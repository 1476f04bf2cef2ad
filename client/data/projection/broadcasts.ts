import type { MemberId } from '../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import type { BroadcastState } from '../../../shared/features/customers/broadcast-schema.ts';
import type { BroadcastRow } from '../api.ts';
import { overlaidState, underWay } from './overlay.ts';
import { Rows, trace } from './rows.ts';

export function broadcastRows(me: MemberId): Rows<BroadcastRow> {
  return new Rows<BroadcastRow>(
    'broadcast',
    (room, records, commands) => [records.get(room), trace(commands.get(room))],
    (room, id, records, commands) => {
      const record = records.get(room);
      const kind = findRoom(room)!.kind as AnyLogKind;
      const state = overlaidState(kind, record, commands.get(room), me) as BroadcastState;
      if (!state.begun) return null;
      return {
        ...{ room, id, state },
        at: state.submitted?.at ?? state.begun.at,
        pending: underWay(commands.get(room), record?.head ?? 0).length > 0,
      };
    },
    (row) => row.at,
  );
}
