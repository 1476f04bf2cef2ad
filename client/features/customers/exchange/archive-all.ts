/* All customers of the company for an archive, from the relay: nothing of those who are with others stays on this device. */
import { isGuest } from '../../../../shared/base/guests.ts';
import type { Failure } from '../../../../shared/base/errors.ts';
import type { Result } from '../../../../shared/base/result.ts';
import type { LogEntry } from '../../../../shared/access/kind.ts';
import type { CommandId, MemberId } from '../../../../shared/base/ids.ts';
import { findRoom, type AnyLogKind } from '../../../../shared/documents/registry.ts';
import type { MessageMarks } from '../../../../shared/features/chat/marks.ts';
import type { ChatState } from '../../../../shared/features/chat/schema.ts';
import { customerChatId } from '../../../../shared/features/customers/conversation.ts';
import { roomId } from '../../../../shared/protocol/rooms.ts';
import type { ChatRow, MarkedEntry, WorkspaceData } from '../../../data/api.ts';
import { FailureError } from '../../../data/failure-error.ts';
import { card } from '../../../data/projection/guests.ts';
import { withMarks } from '../../../data/projection/marks.ts';
import { visitorName } from '../../../i18n/index.ts';
import { api, type ArchivedCustomer } from '../../../session/api.ts';
import { customerName } from '../customers.ts';
import type { Source, Sources } from './archive-out.ts';

/** How the relay is asked. */
export type FromRelay = Pick<
  typeof api,
  'beginArchive' | 'archivedCustomers' | 'archivedEntries' | 'archivedFile'
>;

function taken<T>(answer: Result<T, Failure>): T {
  if (answer.ok) return answer.value;
  throw new FailureError(answer.error);
}

/** What is here already, as logs are read. */
async function* inOnePiece<Each>(all: readonly Each[]): AsyncGenerator<readonly Each[]> {
  yield await Promise.resolve(all);
}

/** Those who are a part of another one behind that one. */
function inOrder(all: readonly ArchivedCustomer[]): readonly ArchivedCustomer[] {
  const parts = new Map<string, ArchivedCustomer[]>();
  for (const each of all)
    if (each.partOf !== null) parts.set(each.partOf, [...(parts.get(each.partOf) ?? []), each]);
  return all.flatMap((each) => (each.partOf === null ? [each, ...(parts.get(each.id) ?? [])] : []));
}

async function entriesOf(relay: FromRelay, id: string): Promise<Record<'file' | 'chat', LogEntry[]>> {
  const first = taken(await relay.archivedEntries(id, {}));
  const all = { file: [...first.file], chat: [...first.chat] };
  for (let { fileNext, chatNext } = first; fileNext !== null || chatNext !== null;) {
    const from = {
      ...(fileNext === null ? {} : { file: fileNext }),
      ...(chatNext === null ? {} : { chat: chatNext }),
    };
    const more = taken(await relay.archivedEntries(id, from));
    all.file.push(...more.file);
    all.chat.push(...more.chat);
    ({ fileNext, chatNext } = more);
  }
  return all;
}

/** A conversation as lists and exports know it, made of its entries alone. */
function conversationOf(
  data: WorkspaceData,
  relay: FromRelay,
  id: string,
  entries: readonly LogEntry[],
): Source['chat'] {
  if (entries.length === 0) return null;
  const room = roomId(data.workspace, 'chat', customerChatId(id));
  const kind = findRoom(room)!.kind as AnyLogKind;
  const state = kind.fold(kind.initial, entries) as ChatState;
  const marks = new Map<CommandId, MessageMarks>();
  for (const entry of entries) {
    const target = kind.marks?.targetOf(entry);
    if (target) marks.set(target.id, kind.marks!.fold(marks.get(target.id) ?? null, entry) as MessageMarks);
  }
  const marked: readonly MarkedEntry[] = entries.map((entry) => withMarks(kind.marks, entry, marks));
  const guests = state.guests ?? {};
  const members = new Proxy(data.directory.members, {
    get(all, key): unknown {
      if (typeof key !== 'string' || !isGuest(key) || !Object.hasOwn(guests, key))
        return Reflect.get(all, key);
      const guest = key as MemberId;
      return card(guest, guests[guest]!.name || visitorName(guest));
    },
  });
  const row: ChatRow = {
    ...{ room, id: customerChatId(id), state, reads: { positions: {} }, requests: [] },
    ...{ unread: 0, firstUnread: null, lastUnread: null, calls: [], at: 0, pending: false },
  };
  return {
    row,
    from: {
      ...{ workspace: data.workspace, me: data.me, sync: data.sync },
      directory: { ...data.directory, members },
      readLog: () => inOnePiece(marked),
      files: {
        here: () => Promise.resolve(null),
        fetch: (_room, hash) => relay.archivedFile(id, hash),
      },
    },
  };
}

/** Throws `FailureError` where the relay refuses: whoever looks after all customers may, and it is told to administrators. */
export async function ofCompany(data: WorkspaceData, relay: FromRelay = api): Promise<Sources> {
  taken(await relay.beginArchive());
  const found: ArchivedCustomer[] = [];
  for (let after: number | null | undefined; after !== null;) {
    const answer = taken(await relay.archivedCustomers(after));
    found.push(...answer.customers);
    after = answer.next;
  }
  const all = inOrder(found);
  return {
    total: all.length,
    async *all(signal) {
      for (const { id, name, owner, helpers } of all) {
        signal.throwIfAborted();
        const { file, chat } = await entriesOf(relay, id);
        yield {
          ...{ id, name: customerName({ id, name }), people: [owner, ...helpers], older: 0 },
          file: inOnePiece(file),
          chat: conversationOf(data, relay, id, chat),
        };
      }
    },
  };
}
