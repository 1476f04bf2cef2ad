/* Days and times of follow-ups as a field of a form holds them, in the person's own time zone. */

const workBegins = 9;

/** `2026-03-09T09:00`. */
export function asField(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Milliseconds since 1970; null for an empty field, and for a day that no calendar has. */
export function fromField(value: string): number | null {
  if (value === '') return null;
  const at = new Date(value).getTime();
  return Number.isFinite(at) && at >= 0 ? at : null;
}

/** The morning of the day that is `days` after `now`. */
export function morningAfter(now: number, days: number): number {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  return date.setHours(workBegins, 0, 0, 0);
}
