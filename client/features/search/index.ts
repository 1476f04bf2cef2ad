import { feature as chat } from '../chat/index.ts';
import { searchPalette } from './palette.ts';
import SearchContent from './SearchContent.svelte';
import SearchList from './SearchList.svelte';

export const feature = {
  list: SearchList,
  content: SearchContent,
  side: chat.side,
  palette: searchPalette,
};
