/*
 * Texts as they are compared: without case, accents and full-width forms. Every character is folded alone, so that a
 * place in the folded text leads back to the written one.
 */
export interface Folded {
  readonly text: string;
  /** Where each unit of `text` stands in the written one; null where they stand at the same places. */
  readonly from: readonly number[] | null;
}

/** What folds to one unit, by `toLowerCase` alone: nearly everything that is written in Chinese and English. */
const simple = /^[\x20-\x7e\u3001\u3002\u4e00-\u9fff]*$/;
const accents = /[\u0300-\u036f]/g;
const folds = new Map<string, string>();
const mostFolds = 20_000;

function foldOne(character: string): string {
  const known = folds.get(character);
  if (known !== undefined) return known;
  // Decomposed to lose its accents, and composed again for scripts whose letters are made of parts.
  const folded = /\s/u.test(character)
    ? ' '
    : character.normalize('NFKD').toLowerCase().replace(accents, '').normalize('NFC');
  if (folds.size < mostFolds) folds.set(character, folded);
  return folded;
}

export function fold(text: string): string {
  if (simple.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) folded += foldOne(character);
  return folded;
}

export function foldWithPlaces(text: string): Folded {
  if (simple.test(text)) return { text: text.toLowerCase(), from: null };
  let folded = '';
  const from: number[] = [];
  let at = 0;
  for (const character of text) {
    const added = foldOne(character);
    for (let i = 0; i < added.length; i++) from.push(at);
    folded += added;
    at += character.length;
  }
  return { text: folded, from };
}
