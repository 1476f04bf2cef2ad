export { settingsPages } from './pages.ts';
export { default as SettingsMenu } from './SettingsMenu.svelte';
export { default as SettingsPane } from './SettingsPane.svelte';
