/*
 * What a message's text is made of: plain text, addresses one can click, names somebody was called by. The text itself
 * stays as it was written; pieces joined again are the text.
 */
import { linksIn } from '../../../shared/features/chat/links.ts';

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'mention'; readonly text: string; readonly member: string };

export interface Named {
  readonly id: string;
  readonly name: string;
}

function splitLinks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const link of linksIn(text)) {
    if (link.from > from) pieces.push({ kind: 'text', text: text.slice(from, link.from) });
    pieces.push({ kind: 'link', text: link.text, href: link.href });
    from = link.from + link.text.length;
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
