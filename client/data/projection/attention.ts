import type { MemberId } from '../../../shared/base/ids.ts';
import { urgentFor } from '../../../shared/features/chat/urgent-schema.ts';
import type { ChatPlace, ListState, NoticesState, Todo } from '../../../shared/features/personal/schema.ts';
import { levelIn } from '../../../shared/features/personal/telling.ts';
import type { ChatRow, WorkspaceData } from '../api.ts';

const noPlace: ChatPlace = {};

export const placeOf = (list: ListState, chat: string): ChatPlace =>
  Object.hasOwn(list.chats, chat) ? list.chats[chat]! : noPlace;

/** Hidden until anything else is said: another last message is another time. */
export const isHidden = (row: ChatRow, place: ChatPlace): boolean => place.hidden === row.at;

/** The number a conversation asks to be seen with. A muted one only counts what calls this person by name. */
export function attention(row: ChatRow, place: ChatPlace): number {
  if (isHidden(row, place)) return 0;
  const news = place.muted ? row.calls.length : row.unread;
  return news > 0 ? news : place.unread ? 1 : 0;
}

export const totalAttention = (rows: readonly ChatRow[], list: ListState): number =>
  rows.reduce((sum, row) => sum + attention(row, placeOf(list, row.id)), 0);

/**
 * What the window and the icon of the app count: only what this person wants to be told of. In quiet hours it is counted
 * as ever, since a number disturbs nobody.
 */
export function pressing(
  rows: readonly ChatRow[],
  list: ListState,
  notices: NoticesState,
  me: MemberId,
): number {
  return rows.reduce((sum, row) => {
    const place = placeOf(list, row.id);
    const level = levelIn(notices, place, row.state.type !== 'group');
    const urgent = urgentFor(row.state, me).length;
    if (level === 'all') return sum + Math.max(attention(row, place), urgent);
    const calls = level === 'mentions' && !isHidden(row, place) ? row.calls.length : 0;
    return sum + Math.max(calls, urgent);
  }, 0);
}

/** How many to-dos are overdue or due before the day of `now` ends. */
export function pressingTodos(todos: readonly Todo[], now: number): number {
  const tomorrow = new Date(now).setHours(24, 0, 0, 0);
  return todos.filter(({ due, done }) => done === null && due !== null && due < tomorrow).length;
}

/** Whether this person works with customers, or their company has let some in by links. */
export const hasCustomers = ({
  customerLines,
  customerSettings,
}: Pick<WorkspaceData, 'customerLines' | 'customerSettings'>): boolean =>
  (customerLines?.length ?? 0) > 0 || Object.keys(customerSettings.links).length > 0;
