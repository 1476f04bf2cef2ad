/* Puts the pieces of the editor together: one place that knows which extensions there are. */
import { Editor, type Extensions } from '@tiptap/core';
import { Collaboration } from '@tiptap/extension-collaboration';
import { DragHandle } from '@tiptap/extension-drag-handle';
import { Placeholder } from '@tiptap/extensions';
import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import { caretsOf, type EditingPerson } from './carets.ts';
import { codeHighlight } from './code-highlight.ts';
import { imageOf, type ResolveImage } from './image-view.svelte.ts';
import { ImagesIn, type ImagesInOptions } from './images-in.ts';
import { mentionOf, type MentionPerson } from './mentions.ts';
import { MoveBlock } from './move-block.ts';
import { contentExtensions, contentField } from './schema.ts';
import { ReachableBlocks } from './reachable-blocks.ts';
import { SlashMenu } from './slash-menu.ts';
import { t } from './strings.ts';
import { TaskKeys } from './task-keys.ts';

export interface EditorParts {
  readonly element: HTMLElement;
  readonly doc: Y.Doc;
  readonly awareness: Awareness;
  readonly user: EditingPerson;
  readonly members: () => readonly MentionPerson[];
  readonly editable: boolean;
  readonly resolveImage: ResolveImage;
  readonly images: ImagesInOptions;
  readonly placeholder: () => string;
  readonly pickImage: () => void;
  readonly editLink: () => void;
}

function handle(): HTMLElement {
  const element = document.createElement('div');
  element.className = 'drag-handle';
  // Until the pointer is over a block.
  element.style.visibility = 'hidden';
  element.title = t.dragBlock;
  element.setAttribute('aria-hidden', 'true');
  return element;
}

/** The name is not here: it follows the language, so the component sets it. */
const attributes = {
  role: 'textbox',
  'aria-multiline': 'true',
  'aria-autocomplete': 'list',
  spellcheck: 'true',
};

const checkboxLabel = (text: string): string =>
  text.trim() ? t.checkbox({ text: text.slice(0, 120) }) : t.checkboxEmpty;

/** The editor of a shared doc. The Y.Doc is the truth: its undo steps are this person's own. */
export function buildEditor(parts: EditorParts): Editor {
  const finePointer = matchMedia('(hover: hover) and (pointer: fine)').matches;
  const extensions: Extensions = [
    ...contentExtensions({
      image: imageOf(parts.resolveImage),
      mention: mentionOf(parts.members),
      checkboxLabel,
    }),
    Collaboration.configure({ document: parts.doc, field: contentField }),
    caretsOf(parts.awareness, parts.user),
    Placeholder.configure({
      placeholder: ({ node }) => (node.type.name === 'heading' ? t.headingPlaceholder : parts.placeholder()),
    }),
    SlashMenu.configure({ pickImage: parts.pickImage }),
    ImagesIn.configure(parts.images),
    MoveBlock,
    ReachableBlocks,
    TaskKeys,
    codeHighlight,
  ];
  if (finePointer) extensions.push(DragHandle.configure({ render: handle }));
  return new Editor({
    element: parts.element,
    extensions,
    editable: parts.editable,
    editorProps: {
      attributes,
      handleKeyDown: (view, event) => {
        if (
          event.key.toLowerCase() !== 'k' ||
          !(event.metaKey || event.ctrlKey) ||
          event.shiftKey ||
          event.altKey
        )
          return false;
        // The shell's palette has the same keys; over selected words they mean the link.
        if (view.state.selection.empty) return false;
        event.preventDefault();
        event.stopPropagation();
        parts.editLink();
        return true;
      },
    },
  });
}

/** The same look without a Y.Doc behind it, for content that must not be touched. */
export function buildReadOnly(element: HTMLElement, resolveImage: ResolveImage, content: object): Editor {
  return new Editor({
    element,
    extensions: [
      ...contentExtensions({ image: imageOf(resolveImage), checkboxLabel }),
      ReachableBlocks,
      codeHighlight,
    ],
    editable: false,
    content,
    editorProps: { attributes: { role: 'document' } },
  });
}
