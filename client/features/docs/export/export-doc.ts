/* A doc out of Weft: as a Markdown file (a zip when there are pictures), on the clipboard, or on paper. */
import { zip, type AsyncZippable } from 'fflate';
import type * as Y from 'yjs';
import type { DocRow, WorkspaceData } from '../../../data/api.ts';
import { language } from '../../../i18n/index.ts';
import { copyText } from '../../../ui/copy-text.ts';
import { saveFile } from '../../../ui/save-file.ts';
import { toasts } from '../../../ui/toasts.svelte.ts';
import { titleOf } from '../documents.ts';
import { docToMarkdown } from '../markdown/index.ts';
import { t } from '../strings.ts';
import { fileNameOf, pictureExtension } from './file-name.ts';

const zipped = (files: AsyncZippable): Promise<Uint8Array<ArrayBuffer>> =>
  new Promise((resolve, reject) => {
    zip(files, (error, bytes) => (error ? reject(error) : resolve(new Uint8Array(bytes))));
  });

export async function downloadMarkdown(data: WorkspaceData, row: DocRow, doc: Y.Doc): Promise<void> {
  const name = fileNameOf(titleOf(row));
  const { blobs } = docToMarkdown(doc);
  const pictures = new Map<string, Blob>();
  for (const hash of blobs) {
    const blob = await data.getBlob(row.room, hash);
    if (blob) pictures.set(hash, blob);
  }
  const pathOf = (hash: string): string =>
    `images/${hash.slice(0, 16)}${pictureExtension(pictures.get(hash)?.type ?? '')}`;
  const { markdown } = docToMarkdown(doc, { title: row.state.title, picturePath: pathOf });
  const text = new TextEncoder().encode(markdown);
  if (pictures.size === 0) saveFile(new Blob([text], { type: 'text/markdown;charset=utf-8' }), `${name}.md`);
  else {
    const files: AsyncZippable = { [`${name}.md`]: text };
    for (const [hash, blob] of pictures)
      files[pathOf(hash)] = [new Uint8Array(await blob.arrayBuffer()), { level: 0 }];
    saveFile(new Blob([await zipped(files)], { type: 'application/zip' }), `${name}.zip`);
  }
  const missing = blobs.length - pictures.size;
  if (missing > 0) toasts.show({ text: t.downloadMissing({ count: missing }) });
}

export async function copyMarkdown(row: DocRow, doc: Y.Doc): Promise<void> {
  const { markdown } = docToMarkdown(doc, { title: row.state.title });
  await copyText(markdown, t);
}

/** Prints what is on the page in a frame of its own, so that neither the shell nor the dark theme is on the paper. */
export function printDoc(row: DocRow): void {
  const text = document.querySelector('.doc-content .ProseMirror');
  if (!text) return;
  const sheet = document.createElement('iframe');
  sheet.setAttribute('aria-hidden', 'true');
  sheet.style.cssText = 'position:fixed;width:0;height:0;border:0;visibility:hidden';
  document.body.append(sheet);
  const page = sheet.contentDocument;
  const view = sheet.contentWindow;
  if (!page || !view) {
    sheet.remove();
    return;
  }
  page.documentElement.lang = language.tag;
  page.documentElement.dataset['theme'] = 'light';
  page.title = titleOf(row);
  for (const style of document.querySelectorAll('style, link[rel="stylesheet"]'))
    page.head.append(page.importNode(style, true));
  const title = page.createElement('h1');
  title.className = 'doc-title';
  title.textContent = titleOf(row);
  const body = page.createElement('div');
  body.className = 'doc-content';
  body.append(page.importNode(text, true));
  for (const extra of body.querySelectorAll('.caret, .ProseMirror-gapcursor, .ProseMirror-trailingBreak'))
    extra.remove();
  for (const editable of body.querySelectorAll('[contenteditable]'))
    editable.removeAttribute('contenteditable');
  page.body.style.cssText = 'position:static;height:auto;overflow:visible;margin:0;background:none';
  page.body.append(title, body);
  view.addEventListener('afterprint', () => sheet.remove());
  const pictures = [...page.images].map((picture) => picture.decode().catch(() => undefined));
  const styles = [...page.querySelectorAll('link')].map(
    (link) =>
      new Promise((resolve) => ['load', 'error'].forEach((event) => link.addEventListener(event, resolve))),
  );
  const patience = new Promise((resolve) => setTimeout(resolve, 3000));
  void Promise.race([Promise.all([...pictures, ...styles]), patience]).then(() => view.print());
}
