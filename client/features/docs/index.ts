import type * as Markdown from './markdown/index.ts';
import DocList from './list/DocList.svelte';
import DocPage from './page/DocPage.svelte';
import DocSide from './page/DocSide.svelte';
import { docsPalette } from './palette.ts';
import { docsShortcuts } from './shortcuts.ts';

export const feature = {
  list: DocList,
  content: DocPage,
  side: DocSide,
  palette: docsPalette,
  shortcuts: docsShortcuts,
};

/** Markdown of a doc without an editor, for exports of everything: `const { docToMarkdown } = await loadMarkdown()`. */
export const loadMarkdown = async (): Promise<Pick<typeof Markdown, 'docToMarkdown'>> =>
  import('./markdown/index.ts');
export { fileNameOf, pictureExtension } from './export/file-name.ts';
