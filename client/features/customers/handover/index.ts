export { default as HandoverDialog } from './HandoverDialog.svelte';
