import type { MemberId } from '../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import type { HandoverState } from '../../../shared/features/customers/handover-schema.ts';
import type { HandoverRow } from '../api.ts';
import { overlaidState, underWay } from './overlay.ts';
import { Rows, trace } from './rows.ts';

export const handoverRows = (me: MemberId): Rows<HandoverRow> =>
  new Rows<HandoverRow>(
    'handover',
    (room, records, commands) => [records.get(room), trace(commands.get(room))],
    (room, id, records, commands) => {
      const record = records.get(room);
      const kind = findRoom(room)!.kind as AnyLogKind;
      const state = overlaidState(kind, record, commands.get(room), me) as HandoverState;
      const pending = underWay(commands.get(room), record?.head ?? 0).length > 0;
      return state.begun ? { room, id, state, pending } : null;
    },
    ({ state }) => state.begun?.at ?? 0,
  );
