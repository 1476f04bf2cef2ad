/** Where what was asked for stands: [from, to). */
export type Places = readonly (readonly [number, number])[];

/** A part of a text; `found` where it is what was asked for. */
export interface Part {
  readonly text: string;
  readonly found: boolean;
}

/** Characters before the first place, so that one sees what it belongs to. */
const before = 24;
/** What fits in a few lines. */
const longest = 240;

/** The text around the first place, in one line. */
export function excerptOf(text: string, placesIn: (text: string) => Places): readonly Part[] {
  const line = text.replace(/\s+/gu, ' ').trim();
  const places = placesIn(line);
  const first = places[0]?.[0] ?? 0;
  let start = first > before * 2 ? first - before : 0;
  // Not in the middle of a word, nor of a character.
  const blank = line.indexOf(' ', start);
  if (start > 0 && blank >= 0 && blank < first) start = blank + 1;
  else if (start > 0 && /[\udc00-\udfff]/.test(line.charAt(start))) start += 1;
  const end = Math.min(line.length, start + longest);
  const parts: Part[] = start > 0 ? [{ text: '… ', found: false }] : [];
  let at = start;
  for (const [from, to] of places) {
    if (from < start || from >= end) continue;
    if (from > at) parts.push({ text: line.slice(at, from), found: false });
    parts.push({ text: line.slice(from, to), found: true });
    at = to;
  }
  if (at < end) parts.push({ text: line.slice(at, end), found: false });
  if (end < line.length) parts.push({ text: ' …', found: false });
  return parts;
}
