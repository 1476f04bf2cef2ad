/* Days and times of to-dos, in the person's own time zone. */

/** What a day means without a time: the end of it at work. */
export const defaultTime = '18:00';

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** As fields of forms hold them: `2026-03-09` and `18:00`. */
export interface DueFields {
  readonly day: string;
  readonly time: string;
}

export function dueFields(due: number | null): DueFields {
  if (due === null) return { day: '', time: defaultTime };
  const date = new Date(due);
  return {
    day: dayOf(date),
    time: `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}`,
  };
}

/** Milliseconds since 1970; null without a day, or with one that no calendar has. */
export function dueOf({ day, time }: DueFields): number | null {
  if (day === '') return null;
  const at = new Date(`${day}T${time === '' ? defaultTime : time}`).getTime();
  return Number.isFinite(at) && at >= 0 ? at : null;
}

/** The day that is `days` after `now`. */
export function dayAfter(now: number, days: number): string {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  return dayOf(date);
}

/** The next Monday that is not today. */
export const nextMonday = (now: number): string => dayAfter(now, (8 - new Date(now).getDay()) % 7 || 7);

const dayOf = (date: Date): string =>
  `${String(date.getFullYear()).padStart(4, '0')}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
