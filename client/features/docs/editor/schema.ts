/*
 * What a doc can contain. The node and mark names are stored in every doc (room `W/doc/<id>`, XmlFragment `content`), so
 * they are a format: add to it, never rename. A device that meets a name it does not know opens the doc read-only, see
 * unknown-content.ts. This module runs without a page too: import, export and tests build the schema from it.
 */
import { getSchema, type Extensions } from '@tiptap/core';
import { Code } from '@tiptap/extension-code';
import { Image } from '@tiptap/extension-image';
import { Link } from '@tiptap/extension-link';
import { TaskItem, TaskList } from '@tiptap/extension-list';
import { Mention } from '@tiptap/extension-mention';
import { TableKit } from '@tiptap/extension-table';
import type { Schema } from '@tiptap/pm/model';
import { StarterKit } from '@tiptap/starter-kit';
import { docRoot } from '../../../../shared/features/docs/schema.ts';
import { isSafeHref } from './safe-link.ts';

/** The root type inside the Y.Doc. */
export const contentField = docRoot;

/** Pictures stand inside text lines, as in Markdown; one that is alone in its paragraph is shown as a block. */
export const inlineImage = Image.extend({ draggable: true }).configure({ inline: true });

/** Code may be bold or a link; the original mark allows nothing beside it. */
const code = Code.extend({ excludes: 'code' });

/** Stores only what is the link's own; how it opens is the page's business and would be bytes in every doc. */
const link = Link.extend({
  addAttributes: () => ({ href: { default: null }, title: { default: null } }),
}).configure({
  openOnClick: false,
  autolink: true,
  defaultProtocol: 'https',
  isAllowedUri: (url) => isSafeHref(url),
  HTMLAttributes: { rel: 'noopener noreferrer nofollow', target: '_blank' },
});

/** The texts behind which the schema's own pieces need words of the person's language. */
export interface SchemaParts {
  readonly image?: typeof inlineImage;
  readonly mention?: typeof Mention;
  readonly checkboxLabel?: (text: string) => string;
}

/** Nodes, marks and their commands and keys; without collaboration, menus and views. */
export function contentExtensions(parts: SchemaParts = {}): Extensions {
  const { checkboxLabel } = parts;
  return [
    StarterKit.configure({
      undoRedo: false,
      // It would write an empty paragraph into the shared doc just because somebody looked at it.
      trailingNode: false,
      code: false,
      heading: { levels: [1, 2, 3, 4, 5, 6] },
      link: false,
      dropcursor: { class: 'drop-cursor', color: false, width: 2 },
    }),
    code,
    link,
    TaskList,
    TaskItem.configure({
      nested: true,
      ...(checkboxLabel
        ? { a11y: { checkboxLabel: (node) => checkboxLabel(node.firstChild?.textContent ?? '') } }
        : {}),
    }),
    TableKit.configure({ table: { resizable: true, allowTableNodeSelection: true, renderWrapper: true } }),
    parts.image ?? inlineImage,
    parts.mention ?? Mention,
  ];
}

let schema: Schema | undefined;

/** The schema alone, for import, export and checks; built once. */
export function contentSchema(): Schema {
  schema ??= getSchema(contentExtensions());
  return schema;
}
