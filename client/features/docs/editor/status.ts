/* What the toolbars show about the place of the caret; a plain value, replaced only when something in it changed. */
import type { Editor } from '@tiptap/core';
import { blockKinds } from './blocks.ts';

export interface EditorStatus {
  readonly marks: Readonly<Record<'bold' | 'italic' | 'underline' | 'strike' | 'code' | 'link', boolean>>;
  /** Ids of block kinds that are on at the caret. */
  readonly blocks: readonly string[];
  readonly inTable: boolean;
  /** Null outside a code block, '' for plain text. */
  readonly codeLanguage: string | null;
  /** Address of the link at the caret. */
  readonly href: string | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly selected: boolean;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function statusOf(editor: Editor): EditorStatus {
  const { selection } = editor.state;
  const link = editor.isActive('link');
  return {
    marks: {
      bold: editor.isActive('bold'),
      italic: editor.isActive('italic'),
      underline: editor.isActive('underline'),
      strike: editor.isActive('strike'),
      code: editor.isActive('code'),
      link,
    },
    blocks: blockKinds.filter((kind) => kind.active?.(editor)).map((kind) => kind.id),
    inTable: editor.isActive('table'),
    codeLanguage: editor.isActive('codeBlock') ? text(editor.getAttributes('codeBlock')['language']) : null,
    href: link ? text(editor.getAttributes('link')['href']) : null,
    canUndo: editor.can().undo(),
    canRedo: editor.can().redo(),
    selected: !selection.empty,
  };
}

export const sameStatus = (a: EditorStatus | null, b: EditorStatus): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
