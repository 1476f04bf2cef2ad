/* Wide code and tables scroll sideways inside the text. Somebody without a mouse must be able to do that too. */
import { Extension } from '@tiptap/core';
import type { Node } from '@tiptap/pm/model';
import { Plugin, PluginKey } from '@tiptap/pm/state';
import { Decoration, DecorationSet } from '@tiptap/pm/view';

const wide = new Set(['codeBlock', 'table']);

function decorate(doc: Node, editable: boolean): DecorationSet {
  // Where one writes the caret goes in and scrolls; where one only reads, the block itself is a stop of the Tab key.
  const attributes = editable ? { contenteditable: 'true' } : { tabindex: '0' };
  const found: Decoration[] = [];
  doc.descendants((node, position) => {
    if (wide.has(node.type.name)) found.push(Decoration.node(position, position + node.nodeSize, attributes));
    return !node.isTextblock;
  });
  return DecorationSet.create(doc, found);
}

export const ReachableBlocks = Extension.create({
  name: 'reachableBlocks',
  addProseMirrorPlugins() {
    const { editor } = this;
    let last: { doc: Node; editable: boolean; set: DecorationSet } | null = null;
    return [
      new Plugin({
        key: new PluginKey('reachableBlocks'),
        props: {
          decorations: ({ doc }) => {
            const editable = editor.isEditable;
            if (last?.doc !== doc || last.editable !== editable)
              last = { doc, editable, set: decorate(doc, editable) };
            return last.set;
          },
        },
      }),
    ];
  },
});
