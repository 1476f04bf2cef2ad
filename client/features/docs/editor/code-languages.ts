/** Alone in its file, so that the grammars land in a chunk of their own that only a doc with code loads. */
export { common as grammars } from 'lowlight';
