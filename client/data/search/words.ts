/*
 * What texts are found by. Words that blanks separate are found by their beginnings; in writing without blanks every
 * two neighbours make one token, so that any part of a sentence is found.
 */
import { fold, foldWithPlaces } from './fold.ts';

/** What a character is to the index. */
const nothing = 0;
const ofWord = 1;
const ofRun = 2;
const sign = 3;

const runs =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]/u;
const letters = /[\p{L}\p{N}\p{M}]/u;
const pictures = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

function classify(character: string): number {
  if (runs.test(character)) return ofRun;
  if (letters.test(character)) return ofWord;
  return pictures.test(character) ? sign : nothing;
}

/** By code point, asked once for each; 255 was not asked yet. What lies beyond is rare. */
const classes = new Uint8Array(0x20000).fill(255);

function classOf(point: number): number {
  const known = classes[point];
  if (known === undefined) return classify(String.fromCodePoint(point));
  return known === 255 ? (classes[point] = classify(String.fromCodePoint(point))) : known;
}

/** Longer words are told apart by this many units; the text itself decides. */
const longestToken = 24;

/** Tells every token of a folded text, some more than once, and its turn among them. */
export function tokensOf(folded: string, tell: (token: string, turn: number) => void): void {
  const { length } = folded;
  let at = 0;
  let turn = 0;
  while (at < length) {
    const kind = classOf(folded.codePointAt(at)!);
    const start = at;
    let before = -1;
    do {
      const size = folded.codePointAt(at)! > 0xffff ? 2 : 1;
      if (kind === ofRun && before >= 0) tell(folded.slice(before, at + size), turn++);
      before = at;
      at += size;
    } while (at < length && kind !== sign && classOf(folded.codePointAt(at)!) === kind);
    // The last of a run has no neighbour: it is found alone, as all others are by the pair they begin.
    if (kind === ofRun) tell(folded.slice(before, at), turn++);
    else if (kind === sign) tell(folded.slice(start, at), turn++);
    else if (kind === ofWord) tell(folded.slice(start, Math.min(at, start + longestToken)), turn++);
  }
}

/** What must be in a text: this token, or any that begins so. */
export interface Clue {
  readonly token: string;
  readonly begins: boolean;
  /**
   * Of a piece, and the turn in it: what is in a text has the same turns there, from some turn on. Null for what stands
   * nowhere in a text.
   */
  readonly stands: { readonly piece: number; readonly turn: number } | null;
}

/** A part of what was asked for; all of them must be in a text. */
interface Piece {
  readonly text: string;
  /** It stands at the beginning of a word. */
  readonly atWord: boolean;
}

export interface Asked {
  readonly pieces: readonly Piece[];
  /** Every text that has all pieces has all of these tokens. */
  readonly clues: readonly Clue[];
}

/** The parts between blanks; what stands in quotes is one part. */
const parts = /["“”„«»]([^"“”„«»]+)["“”„«»]?|[^\s"“”„«»]+/gu;

/** How people's own input is understood. Nothing is found by signs alone: such input has no clues. */
export function askedFor(input: string): Asked {
  const pieces: Piece[] = [];
  const clues: Clue[] = [];
  for (const [whole, quoted] of input.matchAll(parts)) {
    const text = fold((quoted ?? whole).trim());
    if (text === '') continue;
    clues.push(...cluesOf(text, pieces.length));
    pieces.push({ text, atWord: classOf(text.codePointAt(0)!) === ofWord });
  }
  return { pieces, clues };
}

function cluesOf(text: string, piece: number): Clue[] {
  const clues: Clue[] = [];
  const whole = (token: string, turn: number): number =>
    clues.push({ token, begins: false, stands: { piece, turn } });
  const beginning = (token: string, turn: number): number =>
    clues.push({ token, begins: true, stands: { piece, turn } });
  const { length } = text;
  let at = 0;
  let turn = 0;
  while (at < length) {
    const kind = classOf(text.codePointAt(at)!);
    const points: string[] = [];
    do {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      points.push(character);
      at += character.length;
    } while (at < length && kind !== sign && classOf(text.codePointAt(at)!) === kind);
    const token = points.join('');
    if (kind === ofRun) {
      if (points.length === 1) beginning(token, turn);
      for (let i = 1; i < points.length; i++) whole(points[i - 1]! + points[i]!, turn + i - 1);
      // The last of a run has a turn of its own.
      turn += points.length;
    } else if (kind === sign) whole(token, turn++);
    else if (kind === ofWord) {
      // What is still being typed may go on; what something else follows is the whole word.
      if (at === length || token.length > longestToken) beginning(token.slice(0, longestToken), turn);
      else whole(token, turn);
      turn += 1;
    }
  }
  return clues;
}

/** Whether every piece is in the text. */
export function isIn(text: string, { pieces }: Asked): boolean {
  const folded = fold(text);
  return pieces.every((piece) => placeIn(folded, piece, 0) >= 0);
}

function placeIn(folded: string, { text, atWord }: Piece, from: number): number {
  for (let at = folded.indexOf(text, from); at >= 0; at = folded.indexOf(text, at + 1))
    if (!atWord || at === 0 || classOf(folded.codePointAt(pointBefore(folded, at))!) !== ofWord) return at;
  return -1;
}

const pointBefore = (text: string, at: number): number => {
  const unit = text.charCodeAt(at - 1);
  return at > 1 && unit >= 0xdc00 && unit < 0xe000 ? at - 2 : at - 1;
};

/** Where the pieces stand in a text as it was written, ascending and without overlaps: [from, to). */
export function placesIn(text: string, { pieces }: Asked): readonly (readonly [number, number])[] {
  const folded = foldWithPlaces(text);
  const written = (at: number): number =>
    at >= folded.text.length ? text.length : (folded.from?.[at] ?? at);
  const found: [number, number][] = [];
  for (const piece of pieces) {
    for (let at = placeIn(folded.text, piece, 0); at >= 0; at = placeIn(folded.text, piece, at + 1))
      found.push([written(at), written(at + piece.text.length)]);
  }
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const places: [number, number][] = [];
  for (const [from, to] of found) {
    const last = places.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else places.push([from, to]);
  }
  return places;
}
