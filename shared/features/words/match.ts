/*
 * How words are found in a text. Case, width and what nobody sees do not count. What is written without blanks is found
 * anywhere, everything else as whole words: so "ass" is not in "class", and "返现" is in "给你返现金".
 */

/** Writing without blanks between words, and Korean, which puts its endings to them. */
const joined =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const letter = /[\p{L}\p{N}\p{M}_]/u;
const unseen = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;

/** A text as it is compared: what is equal to people is the same here. */
export const folded = (text: string): string =>
  text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(unseen, '').replace(/\s+/g, ' ').trim();

/** Whether a word goes on from one character to another one. */
const isOfWord = (character: string): boolean => letter.test(character) && !joined.test(character);

const before = (text: string, at: number): string =>
  at === 0 ? '' : String.fromCodePoint(text.codePointAt(isLow(text, at - 1) ? at - 2 : at - 1) ?? 0);
const after = (text: string, at: number): string =>
  at >= text.length ? '' : String.fromCodePoint(text.codePointAt(at)!);
const isLow = (text: string, at: number): boolean => at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;

export interface Matcher {
  /** Which words, by their places in the list, are in the text; in the order of the list. */
  find(text: string): number[];
}

interface Entry {
  readonly length: number;
  /** It begins, or ends, like a word: then nothing of a word may stand beside it. */
  readonly opens: boolean;
  readonly closes: boolean;
  /** Places in the list: several words may be the same to people. */
  readonly places: number[];
}

/**
 * A machine that reads a text once, however many words there are (Aho and Corasick). Making one takes about a
 * microsecond for each character of the words.
 */
export function matcherOf(words: readonly string[]): Matcher {
  const entries: Entry[] = [];
  const known = new Map<string, number>();
  /** From a node by a character, as `node * 65,536 + character`. */
  const steps = new Map<number, number>();
  const step = (node: number, code: number): number | undefined => steps.get(node * 0x10000 + code);
  /** By node: the entry that ends there; where to go on when nothing fits; the next node on that way where one ends. */
  const ends: number[] = [-1];
  const back: number[] = [0];
  const next: number[] = [0];
  const children: { readonly from: number; readonly code: number; readonly to: number }[][] = [[]];

  words.forEach((word, place) => {
    const text = folded(word);
    const same = known.get(text);
    if (same !== undefined) return void entries[same]!.places.push(place);
    known.set(text, entries.length);
    let node = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      let to = step(node, code);
      if (to === undefined) {
        to = ends.length;
        steps.set(node * 0x10000 + code, to);
        ends.push(-1);
        back.push(0);
        next.push(0);
        children.push([]);
        children[node]!.push({ from: node, code, to });
      }
      node = to;
    }
    ends[node] = entries.length;
    entries.push({
      length: text.length,
      opens: isOfWord(after(text, 0)),
      closes: isOfWord(before(text, text.length)),
      places: [place],
    });
  });

  // The nearer ones first, since the way back always leads to one that is nearer.
  const queue = [...children[0]!];
  for (let i = 0; i < queue.length; i++) {
    const { from, code, to } = queue[i]!;
    let node = back[from]!;
    if (from !== 0) {
      while (node !== 0 && step(node, code) === undefined) node = back[node]!;
      back[to] = step(node, code) ?? 0;
    }
    next[to] = ends[back[to]!]! >= 0 ? back[to]! : next[back[to]!]!;
    queue.push(...children[to]!);
  }
  children.length = 0;

  const stands = (text: string, from: number, to: number, { opens, closes }: Entry): boolean =>
    !(opens && isOfWord(before(text, from))) && !(closes && isOfWord(after(text, to)));

  return {
    find(said) {
      const text = folded(said);
      const found = new Set<number>();
      let node = 0;
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        let to = step(node, code);
        while (to === undefined && node !== 0) {
          node = back[node]!;
          to = step(node, code);
        }
        node = to ?? 0;
        for (let at = ends[node]! >= 0 ? node : next[node]!; at !== 0; at = next[at]!) {
          const entry = entries[ends[at]!]!;
          if (!found.has(ends[at]!) && stands(text, i + 1 - entry.length, i + 1, entry)) found.add(ends[at]!);
        }
      }
      return [...found].flatMap((at) => entries[at]!.places).sort((a, b) => a - b);
    },
  };
}
