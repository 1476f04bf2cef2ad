import * as Y from 'yjs';
import { mergeInTree } from '../text/merge.ts';

/** The words of a doc, a line for each block. */
export function docText(updates: readonly Uint8Array[]): string {
  if (updates.length === 0) return '';
  const doc = new Y.Doc();
  Y.applyUpdate(doc, mergeInTree(updates));
  const lines: string[] = [];
  wordsIn(doc.getXmlFragment('content'), lines);
  doc.destroy();
  return lines.join('\n');
}

function wordsIn(part: Y.XmlFragment | Y.XmlElement, lines: string[]): void {
  for (const child of part.toArray()) {
    if (child instanceof Y.XmlText) {
      const delta = child.toDelta() as { insert?: unknown }[];
      const words = delta.map(({ insert }) => (typeof insert === 'string' ? insert : ' ')).join('');
      if (words.trim() !== '') lines.push(words);
    } else if (child instanceof Y.XmlElement) wordsIn(child, lines);
  }
}
