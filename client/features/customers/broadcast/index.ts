export { startBroadcast } from './making.svelte.ts';
