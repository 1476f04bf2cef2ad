/*
 * Reads tables as CSV (RFC 4180) from whatever program wrote them: with comma, semicolon or tab, in UTF-8, UTF-16 or the
 * Chinese encoding that Excel still writes.
 */

/** Null for what is no text in any of the encodings. */
export function decodeText(bytes: Uint8Array): string | null {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const encodings = mark === 0xfffe ? ['utf-16le'] : mark === 0xfeff ? ['utf-16be'] : ['utf-8', 'gb18030'];
  for (const encoding of encodings)
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      return text.includes('\0') ? null : text;
    } catch {
      continue;
    }
  return null;
}

/** Of the separators the one that the first line has most of. */
function separatorOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1);
  const counts = [',', ';', '\t'].map((each) => [each, line.split(each).length] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** What our own export put before a cell that begins like a formula. */
const guarded = /^'(?=[\s\u200b-\u200f\ufeff]*[=+\-@\t\r|%＝＋－＠])/;
const clean = (cell: string): string => cell.replace(guarded, '').trim();

/** Rows, cells as text. `most`: rows that are read at all. */
export function readCsv(text: string, most: number): string[][] {
  const source = text.replace(/^\ufeff/, '');
  const separator = separatorOf(source);
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < source.length && rows.length <= most) {
    let cell = '';
    if (source[at] === '"') {
      at++;
      for (;;) {
        const end = source.indexOf('"', at);
        cell += source.slice(at, end < 0 ? undefined : end);
        at = end < 0 ? source.length : end + 1;
        if (end < 0 || source[at] !== '"') break;
        cell += '"';
        at++;
      }
    }
    const from = at;
    while (at < source.length && source[at] !== separator && source[at] !== '\n' && source[at] !== '\r') at++;
    row.push(clean(cell + source.slice(from, at)));
    if (source[at] === separator) {
      at++;
      if (at < source.length) continue;
      row.push('');
    }
    if (source[at] === '\r') at++;
    if (source[at] === '\n') at++;
    rows.push(row);
    row = [];
  }
  return rows;
}
