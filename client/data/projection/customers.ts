import type { MemberId } from '../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import type { ChatRow, CustomerRow } from '../api.ts';
import { overlaidState, underWay } from './overlay.ts';
import { Rows, trace } from './rows.ts';

/** What the guest said last is what nobody answered yet. */
const waits = (state: CustomerState, chat: ChatRow | null): boolean => {
  const last = chat?.state.last;
  if (!last || last.is === 'recalled' || state.ended) return false;
  return last.by === state.guest || last.waits === true;
};

export function customerRows(me: MemberId, chatOf: (id: string) => ChatRow | null): Rows<CustomerRow> {
  return new Rows<CustomerRow>(
    'customer',
    (room, records, commands, id) => [
      records.get(room),
      trace(commands.get(room)),
      chatOf(customerChatId(id)),
    ],
    (room, id, records, commands) => {
      const record = records.get(room);
      const kind = findRoom(room)!.kind as AnyLogKind;
      const state = overlaidState(kind, record, commands.get(room), me) as CustomerState;
      if (!state.begun) return null;
      const chat = chatOf(customerChatId(id));
      return {
        room,
        id,
        state,
        chat,
        waits: waits(state, chat),
        at: chat?.at ?? state.begun.at,
        pending: underWay(commands.get(room), record?.head ?? 0).length > 0,
      };
    },
    (row) => row.at,
  );
}
