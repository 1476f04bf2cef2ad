/* Which lines fit the typed text, best first. Short lists (commands, pages); features rank their own long ones. */
import type { PaletteItem } from '../ui/palette-item.ts';

const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** 0 does not fit; larger fits better: whole beginning, beginning of a word, anywhere, letters in order. */
export const fit = (text: string, words: string): number => {
  const wanted = fold(text.trim());
  if (wanted === '') return 1;
  const hay = fold(words);
  if (hay.startsWith(wanted)) return 4;
  const at = hay.indexOf(wanted);
  if (at > 0) return /[\p{L}\p{N}]/u.test(hay.charAt(at - 1)) && /^[a-z0-9]/.test(wanted) ? 2 : 3;
  // Every typed word somewhere: "dark theme" finds "Theme: dark".
  const parts = wanted.split(/\s+/);
  return parts.length > 1 && parts.every((part) => hay.includes(part)) ? 1 : 0;
};

export const matching = (items: readonly PaletteItem[], text: string): readonly PaletteItem[] =>
  items
    .map((item) => ({
      item,
      score: Math.max(...[item.label, ...(item.keywords ?? [])].map((words) => fit(text, words))),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ item }) => item);
