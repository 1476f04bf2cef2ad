/* To-dos by when they are due. Pure, so that every case is a line in a test. */
import type { Todo } from '../../../shared/features/personal/schema.ts';
import { daysAgo } from '../../i18n/index.ts';

export const groupNames = ['overdue', 'today', 'later', 'noDate', 'done'] as const;
export type GroupName = (typeof groupNames)[number];

export function groupOf({ due, done }: Todo, now: number): GroupName {
  if (done !== null) return 'done';
  if (due === null) return 'noDate';
  if (due < now) return 'overdue';
  return daysAgo(due, now) === 0 ? 'today' : 'later';
}

/** What is due first stands first; without a date, and done, the newest. */
export function grouped(todos: Iterable<Todo>, now: number): Record<GroupName, Todo[]> {
  const groups: Record<GroupName, Todo[]> = { overdue: [], today: [], later: [], noDate: [], done: [] };
  for (const todo of todos) groups[groupOf(todo, now)].push(todo);
  for (const name of ['overdue', 'today', 'later'] as const)
    groups[name].sort((a, b) => (a.due ?? 0) - (b.due ?? 0) || a.madeAt - b.madeAt);
  groups.noDate.sort((a, b) => b.madeAt - a.madeAt);
  groups.done.sort((a, b) => (b.done ?? 0) - (a.done ?? 0));
  return groups;
}

/** What became due after `since` and by `now`, and is open. */
export const becameDue = (todos: Iterable<Todo>, since: number, now: number): Todo[] =>
  [...todos].filter(({ due, done }) => done === null && due !== null && due > since && due <= now);
