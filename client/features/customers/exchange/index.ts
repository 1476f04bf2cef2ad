export { default as AddCustomer } from './AddCustomer.svelte';
export { default as ExportDialog } from './ExportDialog.svelte';
