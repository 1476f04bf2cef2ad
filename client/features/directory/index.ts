import DirectoryList from './DirectoryList.svelte';
import { directoryPalette } from './palette.ts';
import DirectoryPage from './DirectoryPage.svelte';

export const feature = { list: DirectoryList, content: DirectoryPage, palette: directoryPalette };
