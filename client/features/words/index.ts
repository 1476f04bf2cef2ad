export { WordsAsking } from './asking.svelte.ts';
export { default as WordsNote } from './WordsNote.svelte';
