import AccountsPage from './AccountsPage.svelte';

export const feature = { content: AccountsPage };
