/* How a waiting change is called: what it is, and where it belongs. */
import type { QueuedItem, WorkspaceData } from '../data/api.ts';
import type { RoomId } from '../../shared/base/ids.ts';
import { parseRoom } from '../../shared/protocol/rooms.ts';
import { formatList } from '../i18n/index.ts';
import { t } from './strings.ts';

export const queuedWhat = (item: QueuedItem): string => {
  if (item.type === 'update') return t.queueText({ count: item.count });
  if (item.type === 'blob') return t.queuePicture;
  if (item.type === 'chat.send') return t.queueMessage;
  if (item.type === 'chat.read') return t.queueRead;
  if (item.type.startsWith('chat.')) return t.queueChat;
  if (item.type.startsWith('list.')) return t.queueList;
  if (item.type.startsWith('saved.')) return t.queueSaved;
  if (item.type.startsWith('todo.')) return t.queueTodo;
  if (item.type.startsWith('doc.')) return t.queueDoc;
  if (item.type.startsWith('member.') || item.type.startsWith('workspace.')) return t.queuePeople;
  return t.queueOther;
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
    const others = Object.values(workspace.directory.members)
      .filter((member) => member.id !== workspace.me && Object.hasOwn(chat.state.members, member.id))
      .map((member) => member.name);
    return others.length > 0 ? formatList(others.slice(0, 3)) : t.groupOf;
  }
  return room?.kind === 'directory' ? workspace.directory.name : '';
}
