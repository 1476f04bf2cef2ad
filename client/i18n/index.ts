export * from './errors.ts';
export * from './format.ts';
export * from './guests.ts';
export * from './language.svelte.ts';
export * from './name-search.ts';
export * from './strings.ts';
