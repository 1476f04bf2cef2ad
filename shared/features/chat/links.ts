/** An address in a message's text. */
export interface FoundLink {
  /** Where it begins, in characters. */
  readonly from: number;
  /** As it was typed. */
  readonly text: string;
  readonly href: string;
}

// Only http, https and mail become links: nothing else in a message should run when it is clicked.
const page =
  /\bhttps?:\/\/[^\s<>"“”‘’「」『』【】（）《》，。；！？、]+|\bwww\.[a-z0-9-]+\.[^\s<>"“”（），。；！？、]+/giu;
const address = new RegExp(`${page.source}|\\b[\\w.+-]+@[\\w-]+(?:\\.[\\w-]+)+`, 'giu');

const opening: Readonly<Record<string, string>> = { ')': '(', ']': '[' };
const countOf = (text: string, mark: string): number => text.split(mark).length - 1;

// Closing marks at the end belong to the sentence, unless the address opened them itself.
function trimAddress(text: string): string {
  const surplus = new Map(
    Object.entries(opening).map(([close, open]) => [close, countOf(text, close) - countOf(text, open)]),
  );
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text[end - 1]!;
    const extra = surplus.get(last) ?? 0;
    if (!/[.,;:!?'*_~]/.test(last) && extra <= 0) break;
    if (extra > 0) surplus.set(last, extra - 1);
  }
  return text.slice(0, end);
}

function hrefOf(text: string): string | null {
  const whole = /^https?:/i.test(text) ? text : /^www\./i.test(text) ? `https://${text}` : `mailto:${text}`;
  try {
    const url = new URL(whole);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function found(text: string, pattern: RegExp): FoundLink[] {
  const links: FoundLink[] = [];
  for (const match of text.matchAll(pattern)) {
    const shown = trimAddress(match[0]);
    const href = shown === '' ? null : hrefOf(shown);
    if (href !== null) links.push({ from: match.index, text: shown, href });
  }
  return links;
}

/** Addresses one can click, in the order they stand in the text. */
export const linksIn = (text: string): FoundLink[] => found(text, address);

/** Those of pages alone; in a time that grows with the text and no faster, whatever stands in it. */
export const pagesIn = (text: string): FoundLink[] => found(text, page);
