/*
 * The binding between ProseMirror and Yjs deletes what its schema does not know, for everybody. A doc written by a newer
 * Weft must survive being opened by an older one, so its names are looked at before the binding sees them.
 */
import type { Schema } from '@tiptap/pm/model';
import * as Y from 'yjs';
import { contentField } from './schema.ts';

/** Marks that may overlap are stored as `name--hash`. */
const markName = (key: string): string => key.split('--', 1)[0] ?? key;

function unknownInText(text: Y.XmlText, schema: Schema, found: Set<string>): void {
  for (const part of text.toDelta() as { insert: unknown; attributes?: Record<string, unknown> }[]) {
    if (typeof part.insert !== 'string') found.add('embed');
    for (const key of Object.keys(part.attributes ?? {})) {
      // `ychange` is what the binding itself puts there while it shows a version.
      if (key !== 'ychange' && !schema.marks[markName(key)]) found.add(markName(key));
    }
  }
}

function unknownInside(type: Y.XmlFragment, schema: Schema, found: Set<string>, deep: boolean): void {
  for (const child of type.toArray()) {
    if (child instanceof Y.XmlText) unknownInText(child, schema, found);
    else if (child instanceof Y.XmlElement) {
      if (!schema.nodes[child.nodeName]) found.add(child.nodeName);
      if (deep) unknownInside(child, schema, found, true);
    } else found.add('hook');
  }
}

/** The names of nodes and marks in the doc that this schema does not know; empty when the doc is safe to edit. */
export function unknownContent(doc: Y.Doc, schema: Schema): readonly string[] {
  const found = new Set<string>();
  unknownInside(doc.getXmlFragment(contentField), schema, found, true);
  return [...found].sort();
}

/**
 * Calls `stop` when a change brings something unknown, before any observer (and so the binding) sees that change.
 * Looks only at what the change touched. Returns the function that ends the watch.
 */
export function watchUnknownContent(
  doc: Y.Doc,
  schema: Schema,
  stop: (names: readonly string[]) => void,
): () => void {
  const root: unknown = doc.getXmlFragment(contentField);
  const look = (transaction: Y.Transaction): void => {
    const found = new Set<string>();
    for (const type of transaction.changed.keys()) {
      if (type instanceof Y.XmlText) unknownInText(type, schema, found);
      else if (type instanceof Y.XmlElement || (type === root && type instanceof Y.XmlFragment)) {
        unknownInside(type, schema, found, false);
      }
    }
    if (found.size > 0) stop([...found].sort());
  };
  doc.on('beforeObserverCalls', look);
  return () => doc.off('beforeObserverCalls', look);
}
