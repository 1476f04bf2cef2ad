import { describe, expect, it } from 'vitest';
import { pressingTodos } from '../../../client/data/projection/attention.ts';
import { becameDue, grouped, groupOf } from '../../../client/features/todos/groups.ts';
import type { Todo } from '../../../shared/features/personal/schema.ts';

const now = new Date(2026, 2, 4, 12).getTime();
const hour = 3_600_000;
const todo = (id: string, due: number | null, done: number | null = null, madeAt = 0): Todo => ({
  id,
  text: id,
  due,
  done,
  source: null,
  madeAt,
});

describe('to-dos by when they are due', () => {
  it.each<[string, Todo, string]>([
    ['a minute ago', todo('a', now - 60_000), 'overdue'],
    ['at this moment', todo('a', now), 'today'],
    ['at the end of today', todo('a', new Date(2026, 2, 4, 23, 59).getTime()), 'today'],
    ['at the beginning of tomorrow', todo('a', new Date(2026, 2, 5).getTime()), 'later'],
    ['never', todo('a', null), 'noDate'],
    ['overdue, and done', todo('a', now - hour, now), 'done'],
  ])('due %s', (_title, each, group) => {
    expect(groupOf(each, now)).toBe(group);
  });

  it('stand with what is due first before, and what was made or done last before', () => {
    const groups = grouped(
      [
        todo('z', now + 2 * hour),
        todo('y', now + hour),
        todo('old', null, null, 1),
        todo('new', null, null, 2),
        todo('first', null, 5),
        todo('last', null, 6),
      ],
      now,
    );
    expect(groups.today.map(({ id }) => id)).toEqual(['y', 'z']);
    expect(groups.noDate.map(({ id }) => id)).toEqual(['new', 'old']);
    expect(groups.done.map(({ id }) => id)).toEqual(['last', 'first']);
  });

  it('press when they are overdue or due today', () => {
    const all = [todo('a', now - hour), todo('b', now + hour), todo('c', now + 48 * hour), todo('d', null)];
    expect(pressingTodos(all, now)).toBe(2);
  });

  it('are reminded of once: after the last look, by now, and while they are open', () => {
    const all = [
      todo('before', now - hour),
      todo('now', now),
      todo('later', now + 1),
      todo('done', now, now),
    ];
    expect(becameDue(all, now - hour, now).map(({ id }) => id)).toEqual(['now']);
    expect(becameDue(all, now, now)).toEqual([]);
  });
});
