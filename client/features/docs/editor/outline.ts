import type { Node } from '@tiptap/pm/model';

export interface OutlineEntry {
  readonly level: number;
  readonly text: string;
  /** Position of the heading in the document it was read from. */
  readonly position: number;
}

/** The headings of the document in order; those without text are left out. */
export function outlineOf(doc: Node): readonly OutlineEntry[] {
  const entries: OutlineEntry[] = [];
  doc.descendants((node, position) => {
    if (node.type.name === 'heading' && node.textContent.trim() !== '') {
      entries.push({ level: Number(node.attrs['level']), text: node.textContent.trim(), position });
    }
    return !node.isTextblock;
  });
  return entries;
}

export const sameOutline = (a: readonly OutlineEntry[], b: readonly OutlineEntry[]): boolean =>
  a.length === b.length &&
  a.every((entry, i) => {
    const other = b[i];
    return other?.text === entry.text && other.level === entry.level && other.position === entry.position;
  });
