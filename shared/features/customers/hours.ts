import type { OfficeHours } from './settings-schema.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether a moment (milliseconds since 1970) lies within them. */
export function isOfficeTime(hours: OfficeHours | null, at: number): boolean {
  if (!hours) return true;
  // A clock that reads UTC where this one is ahead of it.
  const there = new Date(at + hours.offset * minute);
  const weekday = there.getUTCDay();
  const now = there.getUTCHours() * 60 + there.getUTCMinutes();
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  if (from < to) return hours.days.includes(weekday) && now >= from && now < to;
  // Over midnight; from a time to the same time is a whole day.
  return (
    (hours.days.includes(weekday) && now >= from) || (hours.days.includes((weekday + 6) % 7) && now < to)
  );
}

/** The moment itself if it lies within them, else when they begin next; null when they never do. */
export function nextOfficeTime(hours: OfficeHours | null, at: number): number | null {
  if (isOfficeTime(hours, at)) return at;
  const { from, days, offset } = hours!;
  const midnight = Math.floor((at + offset * minute) / day) * day;
  for (let ahead = 0; ahead <= 7; ahead++) {
    const begins = midnight + ahead * day + minutesOf(from) * minute;
    if (days.includes(new Date(begins).getUTCDay()) && begins - offset * minute > at)
      return begins - offset * minute;
  }
  return null;
}

/** How much of the time from one moment to another lies within them, milliseconds; without hours all of it. */
export function officeTime(hours: OfficeHours | null, from: number, to: number): number {
  if (!hours) return Math.max(0, to - from);
  const begins = minutesOf(hours.from) * minute;
  const length = minutesOf(hours.to) * minute - begins;
  const ends = begins + (length > 0 ? length : length + day);
  const [start, end] = [from + hours.offset * minute, to + hours.offset * minute];
  let sum = 0;
  // From the day before: hours may go over midnight. Weeks that lie wholly within are alike.
  const first = Math.floor(start / day) - 1;
  const last = Math.floor(end / day);
  const weeks = Math.max(0, Math.floor((last - first) / 7) - 1);
  const skipped = weeks > 0 ? { from: first + 2, until: first + 2 + 7 * weeks } : null;
  for (let each = first; each <= last; each++) {
    if (skipped && each === skipped.from) {
      sum += weeks * new Set(hours.days).size * (ends - begins);
      each = skipped.until - 1;
      continue;
    }
    if (!hours.days.includes(new Date(each * day).getUTCDay())) continue;
    sum += Math.max(0, Math.min(end, each * day + ends) - Math.max(start, each * day + begins));
  }
  return sum;
}
