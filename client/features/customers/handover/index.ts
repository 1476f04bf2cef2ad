export { default as MemberCustomers } from './MemberCustomers.svelte';
export { default as HandoverDialog } from './HandoverDialog.svelte';
