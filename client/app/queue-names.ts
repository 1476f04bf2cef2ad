/* How a waiting change is called: what it is, and where it belongs. */
import type { QueuedItem, WorkspaceData } from '../data/api.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { customerChatId } from '../../shared/features/customers/conversation.ts';
import { parseRoom, roomId } from '../../shared/protocol/rooms.ts';
import { formatList } from '../i18n/index.ts';
import { t } from './strings.ts';

/** By the type of command, or by all that its types begin with. */
const names: Readonly<Record<string, () => string>> = {
  blob: () => t.queuePicture,
  customer: () => t.queueCustomer,
  customers: () => t.queueCustomers,
  reply: () => t.queueReply,
  chat: () => t.queueChat,
  'chat.send': () => t.queueMessage,
  'chat.edit': () => t.queueEdit,
  'chat.recall': () => t.queueRecall,
  'chat.react': () => t.queueReaction,
  'chat.pin': () => t.queuePin,
  'chat.read': () => t.queueRead,
  list: () => t.queueList,
  saved: () => t.queueSaved,
  todo: () => t.queueTodo,
  doc: () => t.queueDoc,
  member: () => t.queuePeople,
  workspace: () => t.queuePeople,
  department: () => t.queuePeople,
  directory: () => t.queuePeople,
  field: () => t.queuePeople,
};

export const queuedWhat = (item: QueuedItem): string => {
  if (item.type === 'update') return t.queueText({ count: item.count });
  if (item.type === 'blob' && item.words !== '') return t.queueFile;
  const [kind = ''] = item.type.split('.', 1);
  return (names[item.type] ?? names[kind])?.() ?? t.queueOther;
};

/** The conversation's or document's name; empty when it is not on this device. */
export const queuedWhere = (item: QueuedItem, workspace: WorkspaceData): string =>
  whereOf(item.room, workspace);

/** The same, or what kind of thing it is. */
export const placeName = (room: RoomId, workspace: WorkspaceData): string =>
  whereOf(room, workspace) || (parseRoom(room)?.kind === 'chat' ? t.queueChat : t.queueDoc);

function whereOf(id: RoomId, workspace: WorkspaceData): string {
  const room = parseRoom(id);
  if (room?.kind === 'doc') {
    const doc = workspace.doc(room.id);
    return doc ? doc.state.title || t.untitledDoc : '';
  }
  if (room?.kind === 'chat') {
    const chat = workspace.chat(room.id);
    if (!chat) return '';
    if (chat.state.title !== '') return chat.state.title;
    // By their ids: a conversation may have people whom the directory does not show.
    const others = (Object.keys(chat.state.members) as MemberId[]).flatMap((id) =>
      id === workspace.me ? [] : (workspace.directory.members[id]?.name ?? []),
    );
    return others.length > 0 ? formatList(others.slice(0, 3)) : t.groupOf;
  }
  // A customer's file is called as their conversation is.
  if (room?.kind === 'customer')
    return whereOf(roomId(workspace.workspace, 'chat', customerChatId(room.id)), workspace);
  return room?.kind === 'directory' ? workspace.directory.name : '';
}
