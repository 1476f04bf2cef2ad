/* The door of the Markdown part. Load it lazily: it brings the editor's schema with it. */
import type { JSONContent } from '@tiptap/core';
import { prosemirrorToYXmlFragment, yXmlFragmentToProsemirrorJSON } from '@tiptap/y-tiptap';
import type * as Y from 'yjs';
import { Node } from '@tiptap/pm/model';
import { contentField, contentSchema } from '../editor/schema.ts';
import { blocksFromMarkdown, cleanSource } from './markdown-in.ts';
import { markdownFromBlocks, type Addresses } from './markdown-out.ts';
import { frontMatterOf, takeTitle, titleFrom, titleOfPath } from './title.ts';

export interface MarkdownDoc {
  /** Null when the file has none of its own; see `titleOfPath`. */
  readonly title: string | null;
  readonly blocks: readonly JSONContent[];
}

/** Reads a Markdown text; its pictures and links keep the addresses they have in the file. */
export function readMarkdown(source: string): MarkdownDoc {
  const { title, rest, body } = frontMatterOf(cleanSource(source));
  const taken = takeTitle(blocksFromMarkdown(body), title);
  const kept: JSONContent[] =
    rest === ''
      ? []
      : [{ type: 'codeBlock', attrs: { language: 'yaml' }, content: [{ type: 'text', text: rest }] }];
  return { title: taken.title, blocks: [...kept, ...taken.blocks] };
}

/**
 * Writes blocks into a new doc in one transaction. Throws when the doc already has content: seeding twice would double
 * it on every device.
 */
export function writeContent(doc: Y.Doc, blocks: readonly JSONContent[]): void {
  const fragment = doc.getXmlFragment(contentField);
  if (fragment.length > 0) throw new Error('the document already has content');
  const schema = contentSchema();
  const node = Node.fromJSON(schema, { type: 'doc', content: blocks });
  node.check();
  doc.transact(() => prosemirrorToYXmlFragment(node, fragment), 'import');
}

export interface ExportOptions {
  /** Becomes the first heading. */
  readonly title?: string;
  /** Where a picture of this hash lies beside the file; `images/<hash>` if not given. */
  readonly picturePath?: (hash: string) => string;
  /** What a link becomes, for links between docs that are exported together. */
  readonly linkPath?: (href: string) => string;
}

export interface ExportedDoc {
  readonly markdown: string;
  /** SHA-256 in hex of every picture in the text, each once. */
  readonly blobs: readonly string[];
}

export const blobScheme = 'weft-blob:';

/** A doc as Markdown, read straight from its Y.Doc; no editor needed, nothing is changed. */
export function docToMarkdown(doc: Y.Doc, options: ExportOptions = {}): ExportedDoc {
  const { title = '', picturePath = (hash) => `images/${hash}`, linkPath = (href) => href } = options;
  const json = yXmlFragmentToProsemirrorJSON(doc.getXmlFragment(contentField)) as JSONContent;
  const blobs = new Set<string>();
  const addresses: Addresses = {
    picture: (src) => {
      if (!src.startsWith(blobScheme)) return src;
      const hash = src.slice(blobScheme.length);
      blobs.add(hash);
      return picturePath(hash);
    },
    link: linkPath,
  };
  const body = markdownFromBlocks(json.content ?? [], addresses);
  const heading = titleFrom(title);
  const head =
    heading === ''
      ? ''
      : markdownFromBlocks(
          [{ type: 'heading', attrs: { level: 1 }, content: [{ type: 'text', text: heading }] }],
          addresses,
        );
  return { markdown: head !== '' && body !== '' ? `${head}\n${body}` : head + body, blobs: [...blobs] };
}

export { titleOfPath };
