import { describe, expect, it } from 'vitest';
import { dayAfter, dueFields, dueOf, nextMonday } from '../../../client/features/chat/keep/due.ts';

const at = (...parts: [number, number, number, number?, number?]): number => new Date(...parts).getTime();

describe('the day and time of a to-do', () => {
  it('come back from a form as they went into it', () => {
    const due = at(2026, 2, 9, 7, 5);
    expect(dueFields(due)).toEqual({ day: '2026-03-09', time: '07:05' });
    expect(dueOf(dueFields(due))).toBe(due);
  });

  it('are none without a day, and six in the evening without a time', () => {
    expect(dueOf(dueFields(null))).toBeNull();
    expect(dueOf({ day: '2026-03-09', time: '' })).toBe(at(2026, 2, 9, 18));
  });

  it.each(['2026-13-40', '0001-01-01', 'soon'])('are none for %s', (day) => {
    expect(dueOf({ day, time: '10:00' })).toBeNull();
  });

  it('are counted in calendar days', () => {
    expect(dayAfter(at(2026, 1, 28, 23), 1)).toBe('2026-03-01');
    // A Wednesday, a Sunday, a Monday.
    expect([4, 8, 9].map((day) => nextMonday(at(2026, 2, day)))).toEqual([
      '2026-03-09',
      '2026-03-09',
      '2026-03-16',
    ]);
  });
});
