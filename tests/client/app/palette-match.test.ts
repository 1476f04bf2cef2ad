import { describe, expect, it } from 'vitest';
import { fit, matching } from '../../../client/app/palette-match.ts';
import type { PaletteItem } from '../../../client/ui/palette-item.ts';

const item = (label: string, keywords: readonly string[] = []): PaletteItem => ({
  id: label,
  section: 'actions',
  label,
  keywords,
  run: () => undefined,
});

describe('finding a command', () => {
  it('ranks a beginning over a word over a middle', () => {
    expect(fit('the', 'Theme')).toBeGreaterThan(fit('the', 'Dark theme'));
    expect(fit('the', 'Dark theme')).toBeGreaterThan(fit('the', 'Together'));
    expect(fit('xyz', 'Dark theme')).toBe(0);
  });

  it('finds by words in any order, without accents and in the other language', () => {
    const items = [item('深色主题', ['dark theme']), item('Café')];
    expect(matching(items, 'theme dark').map((found) => found.label)).toEqual(['深色主题']);
    expect(matching(items, '主题').map((found) => found.label)).toEqual(['深色主题']);
    expect(matching(items, 'cafe').map((found) => found.label)).toEqual(['Café']);
  });

  it('keeps everything in order while nothing is typed', () => {
    const items = [item('b'), item('a')];
    expect(matching(items, '  ')).toEqual(items);
  });
});
