/*
 * What a message's text is made of: plain text, addresses one can click, names somebody was called by. The text itself
 * stays as it was written; pieces joined again are the text.
 */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'mention'; readonly text: string; readonly member: string };

export interface Named {
  readonly id: string;
  readonly name: string;
}

// Only http, https and mail become links: nothing else in a message should run when it is clicked.
const address =
  /\bhttps?:\/\/[^\s<>"“”‘’「」『』【】（）《》，。；！？、]+|\bwww\.[a-z0-9-]+\.[^\s<>"“”（），。；！？、]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;

const closing: Readonly<Record<string, string>> = { ')': '(', ']': '[' };
const countOf = (text: string, mark: string): number => text.split(mark).length - 1;

// Closing marks at the end belong to the sentence, unless the address opened them itself.
function trimAddress(text: string): string {
  let end = text.length;
  for (;;) {
    const last = text[end - 1];
    if (last === undefined) return '';
    const kept = text.slice(0, end);
    const opening = closing[last];
    const isSentence = /[.,;:!?'*_~]/.test(last);
    if (!isSentence && !(opening !== undefined && countOf(kept, last) > countOf(kept, opening))) return kept;
    end -= 1;
  }
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

function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const shown = trimAddress(match[0]);
    const href = shown === '' ? null : hrefOf(shown);
    if (href === null) continue;
    if (match.index > from) pieces.push({ kind: 'text', text: text.slice(from, match.index) });
    pieces.push({ kind: 'link', text: shown, href });
    from = match.index + shown.length;
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}

/** `mentioned` are the people the message names with @, as they are called now. */
export function piecesOf(text: string, mentioned: readonly Named[] = []): readonly Piece[] {
  // The longest name first: "@Ann Lee" is not "@Ann" followed by a word.
  const people = mentioned.filter(({ name }) => name !== '').sort((a, b) => b.name.length - a.name.length);
  const links = splitLinks(text);
  if (people.length === 0) return links;
  return links.flatMap((piece) => (piece.kind === 'text' ? splitMentions(piece.text, people) : [piece]));
}

function splitMentions(text: string, people: readonly Named[]): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let at = text.indexOf('@');
  while (at !== -1) {
    const start = at;
    const person = people.find(({ name }) => text.startsWith(name, start + 1));
    if (!person) {
      at = text.indexOf('@', start + 1);
      continue;
    }
    if (start > from) pieces.push({ kind: 'text', text: text.slice(from, start) });
    from = start + 1 + person.name.length;
    pieces.push({ kind: 'mention', text: text.slice(start, from), member: person.id });
    at = text.indexOf('@', from);
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}

const emojiOnly =
  /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s)+$/u;

/** One to three emoji and nothing else: shown larger. */
export function isFewEmoji(text: string): boolean {
  if (text.length > 60 || !emojiOnly.test(text)) return false;
  const count = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].filter(
    ({ segment }) => segment.trim() !== '',
  ).length;
  return count >= 1 && count <= 3;
}

/** Who of `people` the text names with @, for `chat.send`. */
export function mentionsIn(text: string, people: readonly Named[]): string[] {
  const found = new Set<string>();
  for (const piece of piecesOf(text, people)) if (piece.kind === 'mention') found.add(piece.member);
  return [...found];
}
