import type { ChatPlace, ListState, Todo } from '../../../shared/features/personal/schema.ts';
import type { ChatRow } from '../api.ts';

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

/** How many to-dos are overdue or due before the day of `now` ends. */
export function pressingTodos(todos: readonly Todo[], now: number): number {
  const tomorrow = new Date(now).setHours(24, 0, 0, 0);
  return todos.filter(({ due, done }) => done === null && due !== null && due < tomorrow).length;
}
