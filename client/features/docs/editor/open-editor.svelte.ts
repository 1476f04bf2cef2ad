/*
 * The editor of a doc from its first look to its end. A doc with parts this version does not know is shown read-only,
 * also when they arrive while it is open: binding it to an editor would delete them.
 */
import type { Editor } from '@tiptap/core';
import { yXmlFragmentToProsemirrorJSON } from '@tiptap/y-tiptap';
import { buildEditor, buildReadOnly, type EditorParts } from './build-editor.ts';
import { outlineOf, sameOutline, type OutlineEntry } from './outline.ts';
import { readableContent } from './readable.ts';
import { contentField, contentSchema } from './schema.ts';
import { sameStatus, statusOf, type EditorStatus } from './status.ts';
import { unknownContent, watchUnknownContent } from './unknown-content.ts';

export interface OpenEditorParts extends Omit<EditorParts, 'element'> {
  readonly onOutline: (entries: readonly OutlineEntry[]) => void;
  /** The caret went elsewhere. */
  readonly onSelection: () => void;
}

/** Milliseconds between two looks at a doc that is only shown. */
const refreshEvery = 500;

export class OpenEditor {
  editor: Editor | null = $state.raw(null);
  /** What the toolbars show; null while there is no editor to act on. */
  status: EditorStatus | null = $state.raw(null);
  readOnly: Editor | null = $state.raw(null);
  /** Names of the parts that this version does not know. */
  unknown: readonly string[] = $state.raw([]);
  #outline: readonly OutlineEntry[] = [];
  readonly #parts: OpenEditorParts;

  constructor(parts: OpenEditorParts) {
    this.#parts = parts;
  }

  /** Puts the text into `host`; returns what ends it. */
  start(host: HTMLElement): () => void {
    const { doc } = this.#parts;
    const schema = contentSchema();
    const names = unknownContent(doc, schema);
    if (names.length > 0) this.#showReadOnly(host, names);
    else this.#edit(host);

    const stopWatching = watchUnknownContent(doc, schema, (found) => {
      if (this.readOnly) return;
      // At once, before the binding's observer runs; what replaces it reads the doc, so that waits for the change to end.
      this.#leaveEditor();
      this.unknown = found;
      queueMicrotask(() => this.#showReadOnly(host, found));
    });
    let again: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      if (!this.readOnly || again !== undefined) return;
      again = setTimeout(() => {
        again = undefined;
        this.readOnly?.commands.setContent(this.#readable(), { emitUpdate: false });
      }, refreshEvery);
    };
    doc.on('update', refresh);
    return () => {
      clearTimeout(again);
      doc.off('update', refresh);
      stopWatching();
      this.editor?.destroy();
      this.readOnly?.destroy();
    };
  }

  #edit(host: HTMLElement): void {
    const made = buildEditor({ ...this.#parts, element: host });
    // A transaction may come many times per frame while others write; the toolbar needs it once.
    let asked = 0;
    made.on('transaction', ({ transaction }) => {
      if (transaction.selectionSet) this.#parts.onSelection();
      if (asked) return;
      asked = requestAnimationFrame(() => {
        asked = 0;
        if (made.isDestroyed) return;
        this.#look(made);
      });
    });
    made.on('destroy', () => cancelAnimationFrame(asked));
    this.editor = made;
    this.#look(made);
  }

  #showReadOnly(host: HTMLElement, names: readonly string[]): void {
    this.#leaveEditor();
    this.unknown = names;
    const made = buildReadOnly(host, this.#parts.resolveImage, this.#readable());
    this.readOnly = made;
    this.#outline = [];
    this.#lookAtOutline(made);
  }

  #leaveEditor(): void {
    this.editor?.destroy();
    this.editor = this.status = null;
  }

  #readable(): object {
    const json = yXmlFragmentToProsemirrorJSON(this.#parts.doc.getXmlFragment(contentField));
    return readableContent(json, contentSchema());
  }

  #look(now: Editor): void {
    const next = statusOf(now);
    if (!sameStatus(this.status, next)) this.status = next;
    this.#lookAtOutline(now);
  }

  #lookAtOutline(now: Editor): void {
    const next = outlineOf(now.state.doc);
    if (sameOutline(this.#outline, next)) return;
    this.#outline = next;
    this.#parts.onOutline(next);
  }
}
