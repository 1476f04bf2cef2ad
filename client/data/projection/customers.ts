import type { MemberId } from '../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import { customerChatId } from '../../../shared/features/customers/conversation.ts';
import { customerKind } from '../../../shared/features/customers/customer.ts';
import type { CustomerState } from '../../../shared/features/customers/customer-schema.ts';
import type { ChatRow, CustomerRow } from '../api.ts';
import type { RoomRecord } from '../storage/contract.ts';
import { overlaidState, underWay } from './overlay.ts';
import { Rows, trace } from './rows.ts';

/** When what nobody answered yet was said: the last message, if it is the guest's. */
const waitsSince = ({ state: { last, guest, ended } }: ChatRow): readonly number[] => {
  if (!last || last.is === 'recalled' || ended) return [];
  return last.by === guest || last.waits === true ? [last.at] : [];
};

/** The conversations of those who are a part of this customer. */
const others = (state: CustomerState, chatOf: (id: string) => ChatRow | null): readonly ChatRow[] =>
  Object.keys(state.merged ?? {}).flatMap((id) => chatOf(customerChatId(id)) ?? []);

const asFile = (record: RoomRecord | undefined): CustomerState =>
  (record?.state ?? customerKind.initial) as CustomerState;

export function customerRows(me: MemberId, chatOf: (id: string) => ChatRow | null): Rows<CustomerRow> {
  return new Rows<CustomerRow>(
    'customer',
    (room, records, commands, id) => [
      records.get(room),
      trace(commands.get(room)),
      chatOf(customerChatId(id)),
      ...others(asFile(records.get(room)), chatOf),
    ],
    (room, id, records, commands) => {
      const record = records.get(room);
      const kind = findRoom(room)!.kind as AnyLogKind;
      const state = overlaidState(kind, record, commands.get(room), me) as CustomerState;
      if (!state.begun) return null;
      const chat = chatOf(customerChatId(id));
      const chats = [...(chat ? [chat] : []), ...others(state, chatOf)];
      return {
        room,
        id,
        state,
        chat,
        chats,
        waitsSince:
          state.ended === null ? (chats.flatMap(waitsSince).sort((a, b) => a - b)[0] ?? null) : null,
        at: Math.max(state.begun.at, ...chats.map(({ at }) => at)),
        pending: underWay(commands.get(room), record?.head ?? 0).length > 0,
      };
    },
    (row) => row.at,
  );
}

/** Files that are a part of no other one, and are not being brought from elsewhere. */
export const wholes = (rows: readonly CustomerRow[]): readonly CustomerRow[] =>
  rows.filter(({ state }) => state.into === undefined && !state.importing);
