/*
 * Tables as CSV (RFC 4180) that spreadsheet programs open safely: a cell that begins like a formula gets an apostrophe
 * before it, so that nobody's profile can run something on the computer of whoever opens the export.
 */
const formulaStart = /^[\s\u200b-\u200f\ufeff]*[=+\-@\t\r|%＝＋－＠]/;

export function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = formulaStart.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** With a byte order mark: without it Excel reads Chinese as something else. */
export function csvFile(rows: readonly (readonly (string | number | null)[])[]): string {
  return `\ufeff${rows.map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}
