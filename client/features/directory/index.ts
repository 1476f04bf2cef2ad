import DirectoryList from './DirectoryList.svelte';
import { directoryPalette } from './palette.ts';
import ProfilePage from './ProfilePage.svelte';

export const feature = { list: DirectoryList, content: ProfilePage, palette: directoryPalette };
