export { noticeDevice } from './device.svelte.ts';
export { default as Notices } from './Notices.svelte';
export { default as Offer } from './Offer.svelte';
export { play } from './sound.ts';
export { default as UrgentBar } from './UrgentBar.svelte';
