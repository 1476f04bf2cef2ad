import TextSearch from '@lucide/svelte/icons/text-search';
import { navigate } from '../../ui/location.svelte.ts';
import type { PaletteItem } from '../../ui/palette-item.ts';
import { addressOf, questionOf } from './asked.ts';
import { t } from './strings.ts';

/** The way into the search with what was typed. */
export function searchPalette(): (text: string) => readonly PaletteItem[] {
  return (text) => [
    {
      id: 'search',
      section: 'search',
      label: text.trim() === '' ? t.everything : t.searchFor({ text: text.trim() }),
      icon: TextSearch,
      run: () => navigate(addressOf({ ...questionOf(new URLSearchParams()), text: text.trim() })),
    },
  ];
}
