import SettingsList from './SettingsList.svelte';
import SettingsPage from './SettingsPage.svelte';

export const feature = { list: SettingsList, content: SettingsPage };
