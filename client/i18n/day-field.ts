/* Days as date fields have them. */

/** The last moment of a day that a date field says (`2026-11-30`), by the clock of this device; null for none. */
export function endOfDay(day: string): number | null {
  const [year, month, date] = day.split('-').map(Number);
  if (year === undefined || month === undefined || date === undefined) return null;
  const at = new Date(year, month - 1, date + 1).getTime() - 1;
  return Number.isFinite(at) && at >= 0 ? at : null;
}

/** What a date field says for a moment. */
export function dayOf(at: number | null): string {
  if (at === null) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = new Date(at);
  return `${String(day.getFullYear()).padStart(4, '0')}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
